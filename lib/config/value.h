// Values as text: durations and sizes are written and read here, and every value can be shown as TOML would have it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/config/parameter.h"

namespace posthouse::config {

/// "250ms", "30s", "5m", "1h", "7d"; a unit is required except for "0". Nothing else, no overflow.
std::optional<Duration> parse_duration(std::string_view text);
/// In the largest unit that divides it: 90 s is "90s", 120 s is "2m".
std::string format_duration(Duration duration);
/// "512", "64K", "50M", "2G", "1T" (powers of 1024).
std::optional<std::uint64_t> parse_size(std::string_view text);
/// In the largest unit that divides it: 65536 is "64K".
std::string format_size(std::uint64_t bytes);

/// `text` as a TOML basic string, with its quotes.
std::string quote(std::string_view text);
/// The value as it would stand in the configuration file.
std::string format_value(const Member& value);
/// The value of `parameter` in `config`, for reading.
Member value_of(const Parameter& parameter, const Config& config);

}  // namespace posthouse::config
