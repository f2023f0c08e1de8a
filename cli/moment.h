// Moments that people give: a time from now, or a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::cli {

/// Seconds since 1970 of "90d" after `now`, or of the beginning of a day, "2027-03-01" (UTC). Nothing: neither of them.
std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now);

}  // namespace posthouse::cli
