// Date-times of header fields (RFC 5322 §3.3), with the obsolete forms of §4.3 and what careless senders write.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::mime {

/// A moment, and the zone it was written in.
struct DateTime {
    std::int64_t seconds = 0;       ///< since 1970-01-01 00:00 UTC, without leap seconds
    std::int32_t zone_minutes = 0;  ///< east of UTC; 0 also for -0000 and unknown zones

    friend bool operator==(const DateTime&, const DateTime&) = default;
};

/// Reads "Fri, 21 Nov 1997 09:55:06 -0600" and its relatives: no day name, two-digit years, no seconds, named zones or
/// none, comments, "Nov 21 1997", "21-Nov-1997", "1997-11-21T09:55:06Z", asctime. Without a time it is 00:00. nullopt
/// when day, month or year can't be found, or one of the numbers doesn't exist (31 February, 24:00).
std::optional<DateTime> parse_date(std::string_view value);

/// Seconds since 1970 of a day of the Gregorian calendar at 00:00 UTC; month 1-12, day 1-31.
std::int64_t seconds_of_day(std::int64_t year, int month, int day);

}  // namespace posthouse::mime
