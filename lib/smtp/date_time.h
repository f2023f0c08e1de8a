// Date and time as ESMTP parameters and keywords write them (RFC 3339 §5.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// The first moments of the years 0 and 10000: between them a year has four digits.
inline constexpr std::int64_t year_0 = -62167219200;
inline constexpr std::int64_t year_10000 = 253402300800;

/// The time of "2006-01-02T15:04:05Z" in seconds since 1970; nullopt: malformed, or no such day. A fraction of a second
/// is dropped, an offset from UTC ("+01:00") understood, a leap second is the first of the next minute.
std::optional<std::int64_t> parse_date_time(std::string_view text);
/// In UTC, with "Z". Times outside the years 0 to 9999 are clamped.
std::string format_date_time(std::int64_t time);

}  // namespace posthouse::smtp
