// The policy of a domain.
#include "lib/mta-sts/policy.h"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.h"
#include "lib/dns/name.h"
#include "lib/smtp/address.h"

namespace posthouse::mta_sts {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(ErrorCode::invalid, std::move(text)); }

bool is_pattern(std::string_view pattern) {
    if (pattern.starts_with("*.")) pattern.remove_prefix(2);
    return smtp::is_domain(pattern);
}

std::optional<Mode> parse_mode(std::string_view text) {
    for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce})
        if (text == to_string(mode)) return mode;
    return std::nullopt;
}

std::optional<std::chrono::seconds> parse_max_age(std::string_view text) {
    constexpr std::size_t max_digits = 10;
    const auto number = text.size() <= max_digits ? ascii::parse_number(text) : std::nullopt;
    if (!number) return std::nullopt;
    return std::min(std::chrono::seconds(*number), longest_max_age);
}

}  // namespace

std::string_view to_string(Mode mode) {
    switch (mode) {
        case Mode::none: return "none";
        case Mode::testing: return "testing";
        case Mode::enforce: return "enforce";
    }
    return "unknown";
}

Result<Policy> parse_policy(std::string_view text) {
    if (text.size() > max_policy_bytes) return fail(ErrorCode::limit, "The policy is too long");
    std::optional<std::string_view> version;
    std::optional<Mode> mode;
    std::optional<std::chrono::seconds> max_age;
    Policy policy;
    for (const std::string_view raw : ascii::split(text, '\n')) {
        const std::string_view line = ascii::trim(raw);
        if (line.empty()) continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return invalid("A line of the policy has no colon");
        const std::string_view key = line.substr(0, colon);
        const std::string_view value = ascii::trim(line.substr(colon + 1));
        if (key == "version") {
            if (!version) version = value;
        } else if (key == "mode") {
            if (mode) continue;
            mode = parse_mode(value);
            if (!mode) return invalid("The policy's mode is none of enforce, testing, none");
        } else if (key == "max_age") {
            if (max_age) continue;
            max_age = parse_max_age(value);
            if (!max_age) return invalid("The policy's max_age is no number of at most 10 digits");
        } else if (key == "mx") {
            if (!is_pattern(value)) return invalid("An mx of the policy is no domain");
            if (policy.patterns.size() >= max_patterns) return fail(ErrorCode::limit, "The policy has too many mx");
            policy.patterns.push_back(ascii::lower(value));
        }
    }
    if (version != "STSv1") return invalid("The policy's version is not STSv1");
    if (!mode) return invalid("The policy has no mode");
    if (!max_age) return invalid("The policy has no max_age");
    if (policy.patterns.empty() && *mode != Mode::none) return invalid("The policy has no mx");
    policy.mode = *mode;
    policy.max_age = *max_age;
    return policy;
}

bool matches(std::string_view pattern, std::string_view host) {
    if (!pattern.starts_with("*.")) return dns::same_name(pattern, host);
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && dot > 0 && dns::same_name(pattern.substr(2), host.substr(dot + 1));
}

bool allows(const Policy& policy, std::string_view host) {
    return std::ranges::any_of(policy.patterns, [&](const std::string& pattern) { return matches(pattern, host); });
}

}  // namespace posthouse::mta_sts
