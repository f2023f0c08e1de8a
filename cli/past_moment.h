// Moments in the past that people give.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::cli {

/// Milliseconds since 1970 of "2h", "3d" before `now`, or of "2026-11-28", "2026-11-28 09:30",
/// "2026-11-28T09:30:15.042Z" in UTC. Nothing: none of them.
std::optional<std::int64_t> past_moment(std::string_view text, std::int64_t now);

}  // namespace posthouse::cli
