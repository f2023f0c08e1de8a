// TokenChecker: whose a bearer token is.
#include "auth/tokens/token_checker.h"

#include <ctime>
#include <optional>
#include <utility>

#include "auth/tokens/jwt.h"

namespace posthouse::auth {

Result<std::shared_ptr<TokenChecker>> TokenChecker::make(const config::Config& config) {
    const auto& oauth2 = config.oauth2;
    TokenKeys keys;
    if (!oauth2.local_validation_keys.empty()) {
        Result<TokenKeys> loaded = TokenKeys::load(oauth2.local_validation_keys);
        if (!loaded) return fail(loaded.error());
        keys = std::move(*loaded);
    }
    TokenRules rules{oauth2.issuers, oauth2.audiences, oauth2.scope, oauth2.username_attribute};
    IntrospectionSettings server{oauth2.introspection_url, oauth2.client_id, oauth2.client_secret_file,
                                 oauth2.tls_ca_cert_file, oauth2.timeout};
    return std::shared_ptr<TokenChecker>(
        new TokenChecker(std::move(keys), std::move(rules), std::move(server), oauth2.cache_time));
}

Result<TokenUser> TokenChecker::check(std::string_view token) {
    const auto now = static_cast<std::int64_t>(std::time(nullptr));
    if (!keys_.empty() && looks_like_jwt(token)) return check_jwt(token, now);
    if (server_.url.empty()) return fail(ErrorCode::denied, "token: nobody can tell whether it is good");
    return ask(token, now);
}

Result<TokenUser> TokenChecker::check_jwt(std::string_view token, std::int64_t now) const {
    const Result<Jwt> jwt = parse_jwt(token);
    if (!jwt) return fail(ErrorCode::denied, jwt.error().text);
    const Result<bool> verified = keys_.verify(*jwt);
    if (!verified) return fail(ErrorCode::denied, verified.error().text);
    if (!*verified) return fail(ErrorCode::denied, "token: its signature is wrong");
    Result<TokenUser> user = check_claims(jwt->payload, ClaimsOf::jwt, rules_, now);
    if (!user && user.error().code == ErrorCode::invalid) return fail(ErrorCode::denied, user.error().text);
    return user;
}

Result<TokenUser> TokenChecker::ask(std::string_view token, std::int64_t now) {
    if (std::optional<Result<TokenUser>> known = answers_.find(token, now, AnswerCache::Clock::now()))
        return std::move(*known);
    const Result<std::string> answer = introspect(server_, token);
    if (!answer) return fail(answer.error());
    Result<TokenUser> user = check_claims(*answer, ClaimsOf::introspection, rules_, now);
    if (!user && user.error().code == ErrorCode::invalid)
        return fail(ErrorCode::unavailable, "Tokens cannot be checked now", user.error().text);
    answers_.remember(token, user, AnswerCache::Clock::now());
    return user;
}

}  // namespace posthouse::auth
