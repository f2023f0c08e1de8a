// What a token says of its user.
#include "auth/tokens/claims.h"

#include <algorithm>
#include <cmath>

#include "auth/tokens/json.h"
#include "lib/base/ascii.h"

namespace posthouse::auth {
namespace {

std::unexpected<Error> denied(const std::string& why) { return fail(ErrorCode::denied, "token: " + why); }

/// NumericDate (RFC 7519 §2) may have a fraction. nullopt: no number, or one beyond all times.
std::optional<std::int64_t> time_in(const nlohmann::json& claims, const char* member) {
    const auto found = claims.find(member);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    constexpr double end_of_times = 1e12;
    const double seconds = found->get<double>();
    if (!(std::abs(seconds) < end_of_times)) return std::nullopt;
    return static_cast<std::int64_t>(std::floor(seconds));
}

/// A claim that is a string or an array of strings; words of a string when `separated`.
std::vector<std::string> texts_in(const nlohmann::json& claims, const char* member, bool separated) {
    std::vector<std::string> texts;
    const auto found = claims.find(member);
    if (found == claims.end()) return texts;
    if (found->is_array()) {
        for (const nlohmann::json& one : *found)
            if (one.is_string()) texts.push_back(one.get<std::string>());
    } else if (found->is_string()) {
        const std::string text = found->get<std::string>();
        if (!separated) return {text};
        for (const std::string_view word : ascii::split(text, ' '))
            if (!word.empty()) texts.emplace_back(word);
    }
    return texts;
}

bool contains(const std::vector<std::string>& texts, const std::string& text) {
    return std::ranges::find(texts, text) != texts.end();
}

bool is_true(const nlohmann::json& value) { return value == true || value == "true"; }

Result<> check_time(const nlohmann::json& claims, ClaimsOf of, std::int64_t now, std::int64_t& expires) {
    const std::optional<std::int64_t> end = time_in(claims, "exp");
    if (!end && (of == ClaimsOf::jwt || claims.contains("exp"))) return denied("without an end");
    if (end && *end + token_leeway <= now) return fail(ErrorCode::timeout, "token: has expired");
    const std::optional<std::int64_t> begin = time_in(claims, "nbf");
    if (claims.contains("nbf") && (!begin || *begin - token_leeway > now)) return denied("not valid yet");
    expires = end.value_or(0);
    return {};
}

Result<> check_rules(const nlohmann::json& claims, const TokenRules& rules) {
    if (!rules.issuers.empty() && !contains(rules.issuers, text_of(claims, "iss"))) return denied("of another issuer");
    const std::vector<std::string> audiences = texts_in(claims, "aud", false);
    if (!rules.audiences.empty() &&
        std::ranges::none_of(audiences, [&](const std::string& one) { return contains(rules.audiences, one); }))
        return denied("made for another audience");
    const std::vector<std::string> scope = texts_in(claims, "scope", true);
    if (!std::ranges::all_of(rules.scope, [&](const std::string& one) { return contains(scope, one); }))
        return denied("without a scope that is needed");
    return {};
}

}  // namespace

Result<TokenUser> check_claims(std::string_view object, ClaimsOf of, const TokenRules& rules, std::int64_t now) {
    const std::optional<nlohmann::json> claims = parse_json_object(object);
    if (!claims) return fail(ErrorCode::invalid, "token: what is told of it is no JSON object");
    if (of == ClaimsOf::introspection) {
        const auto active = claims->find("active");
        if (active == claims->end() || !active->is_boolean())
            return fail(ErrorCode::invalid, "token: nothing is told of whether it is active");
        if (*active != true) return denied("not active");
    }
    TokenUser user;
    if (const Result<> timely = check_time(*claims, of, now, user.expires); !timely) return fail(timely.error());
    if (const Result<> fits = check_rules(*claims, rules); !fits) return fail(fits.error());
    user.address = text_of(*claims, rules.username_attribute);
    if (user.address.empty()) return denied("names no user");
    const auto verified = claims->find("email_verified");
    if (rules.username_attribute == "email" && verified != claims->end() && !is_true(*verified))
        return denied("of an address that its issuer has not verified");
    return user;
}

}  // namespace posthouse::auth
