// Dates of IMAP: INTERNALDATE's date-time and SEARCH's date (RFC 3501 §9).
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/imap/arguments.h"

namespace posthouse::imap {

/// A calendar day, as the number of days since 1 January 1970.
struct Day {
    std::int64_t days = 0;
    auto operator<=>(const Day&) const = default;
};

/// A moment with the zone in which it was given.
struct DateTime {
    std::int64_t seconds = 0;  ///< since 1970-01-01T00:00:00Z
    int zone_minutes = 0;      ///< east of UTC
    bool operator==(const DateTime&) const = default;
};

/// The day of the calendar on which `seconds` since 1970 falls, in a zone that many minutes east of UTC.
Day day_of(std::int64_t seconds, int zone_minutes = 0);

/// Reads date: 1-Feb-1994, with or without quotes.
Day read_date(Arguments& arguments);
/// Reads date-time: "17-Jul-1996 02:44:25 -0700", with its quotes.
DateTime read_date_time(Arguments& arguments);
/// Appends a date-time with its quotes. Years outside 0 to 9999 are written as the nearest of these.
void append_date_time(std::string& out, const DateTime& moment);

}  // namespace posthouse::imap
