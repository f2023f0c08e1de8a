// Quotas as the command line and CSV files have them: megabytes, or a number with a unit.
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/quota_rule.h"

namespace posthouse::cli {

/// The most that a user can have.
inline constexpr std::uint64_t max_quota_mb = config::max_quota_value >> 20;

/// In MB: "1024", "500M", "5G", "5 GB", "1tib", all by 1024; 0: none of its own. invalid, and how a quota is written:
/// no size, no whole number of MB, or too large.
Result<std::int64_t> parse_quota_mb(std::string_view text);

}  // namespace posthouse::cli
