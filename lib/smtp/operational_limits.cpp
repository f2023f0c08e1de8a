// LIMITS (RFC 9422).
#include "lib/smtp/operational_limits.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"

namespace posthouse::smtp {
namespace {

struct Name {
    std::string_view text;
    std::optional<std::uint32_t> OperationalLimits::* limit;
};

constexpr std::array<Name, 3> names{{
    {"MAILMAX", &OperationalLimits::mail_max},
    {"RCPTMAX", &OperationalLimits::rcpt_max},
    {"RCPTDOMAINMAX", &OperationalLimits::rcpt_domain_max},
}};

}  // namespace

OperationalLimits parse_limits(std::string_view arguments) {
    OperationalLimits out;
    for (const std::string_view word : ascii::split(arguments, ' ')) {
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        const auto name = std::ranges::find_if(
            names, [&](const Name& row) { return ascii::iequals(row.text, word.substr(0, equals)); });
        const std::string_view digits = word.substr(equals + 1);
        const auto value = digits.starts_with('0') ? std::nullopt : ascii::parse_number(digits);
        if (name == names.end() || !value || *value > max_limit) continue;
        out.*(name->limit) = static_cast<std::uint32_t>(*value);
    }
    return out;
}

std::string limits_keyword(const OperationalLimits& limits) {
    std::string out;
    for (const Name& row : names) {
        const auto& value = limits.*(row.limit);
        if (!value) continue;
        if (out.empty()) out = "LIMITS";
        out.append(" ").append(row.text).append("=").append(std::to_string(std::clamp(*value, 1U, max_limit)));
    }
    return out;
}

}  // namespace posthouse::smtp
