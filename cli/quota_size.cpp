// Quotas: the units that people write.
#include "cli/quota_size.h"

#include <algorithm>
#include <optional>
#include <string>

#include "lib/base/ascii.h"
#include "lib/config/value.h"

namespace posthouse::cli {
namespace {

constexpr std::uint64_t mb = 1u << 20;

/// "5 GB" and "5gib" as the configuration has it, "5G"; a number alone is of MB.
std::string in_configuration(std::string_view text) {
    text = ascii::trim(text);
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string unit = ascii::upper(ascii::trim(text.substr(digits)));
    for (const std::string_view end : {"IB", "B"}) {
        if (unit.size() != end.size() + 1 || !unit.ends_with(end)) continue;
        unit.resize(1);
        break;
    }
    return std::string(text.substr(0, digits)) + (unit.empty() ? "M" : unit);
}

}  // namespace

Result<std::int64_t> parse_quota_mb(std::string_view text) {
    const std::optional<std::uint64_t> parsed = config::parse_size(in_configuration(text));
    if (!parsed || *parsed % mb != 0)
        return fail(ErrorCode::invalid, "\"" + std::string(text) +
                                            "\" is no quota: a whole number of MB, or one with M, G or T, such as 5G");
    if (*parsed / mb > max_quota_mb)
        return fail(ErrorCode::invalid, "\"" + std::string(text) + "\" is too large for a quota: " +
                                            config::format_size(max_quota_mb * mb) + " is the most");
    return static_cast<std::int64_t>(*parsed / mb);
}

}  // namespace posthouse::cli
