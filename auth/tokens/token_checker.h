// TokenChecker: whose a bearer token is.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "auth/tokens/answer_cache.h"
#include "auth/tokens/claims.h"
#include "auth/tokens/introspection.h"
#include "auth/tokens/token_keys.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::auth {

/// With keys, a signed JWT is verified by them and nothing else; all other tokens are asked about, where there is a
/// server to ask. Thread-safe.
class TokenChecker {
  public:
    /// As [oauth2] says. Errors: as TokenKeys::load.
    static Result<std::shared_ptr<TokenChecker>> make(const config::Config& config);

    /// May block for oauth2.timeout. Errors: denied (not good here; the text tells why, for the log); timeout (its end
    /// has passed); unavailable (cannot be told now).
    Result<TokenUser> check(std::string_view token);

  private:
    TokenChecker(TokenKeys keys, TokenRules rules, IntrospectionSettings server, std::chrono::milliseconds cache_time)
        : keys_(std::move(keys)), rules_(std::move(rules)), server_(std::move(server)), answers_(cache_time) {}
    Result<TokenUser> check_jwt(std::string_view token, std::int64_t now) const;
    Result<TokenUser> ask(std::string_view token, std::int64_t now);

    const TokenKeys keys_;
    const TokenRules rules_;
    const IntrospectionSettings server_;
    AnswerCache answers_;
};

}  // namespace posthouse::auth
