// What a token says of its user: the claims of a JWT (RFC 7519 §4.1), or what its issuer answers about it (RFC 7662
// §2.2), which has the same names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// What is asked of a token: section [oauth2].
struct TokenRules {
    std::vector<std::string> issuers{};    ///< one of them; none: any
    std::vector<std::string> audiences{};  ///< likewise
    std::vector<std::string> scope{};      ///< all of them
    std::string username_attribute = "email";
};

/// Whom a token is good for.
struct TokenUser {
    std::string address;       ///< as the token has it
    std::int64_t expires = 0;  ///< seconds since 1970; 0: not said
};

enum class ClaimsOf { jwt, introspection };

/// How far the clocks of issuer and server may be apart, in seconds.
inline constexpr std::int64_t token_leeway = 30;

/// `object` is the JSON; `now` in seconds since 1970. A JWT must have an end (`exp`). An address of which the issuer
/// says that it isn't verified (`email_verified`) is nobody's. Errors: invalid (no JSON object; of an introspection
/// without `active`); denied (the text tells which rule it breaks); timeout
/// (`exp` has passed).
Result<TokenUser> check_claims(std::string_view object, ClaimsOf of, const TokenRules& rules, std::int64_t now);

}  // namespace posthouse::auth
