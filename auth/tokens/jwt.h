// Signed tokens: JWS in compact form (RFC 7515 §7.1) as JWT (RFC 7519) uses it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::auth {

/// Algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that are verified. `none` is not among them.
enum class JwtAlgorithm { rs256, es256, eddsa, hs256 };

std::optional<JwtAlgorithm> parse_jwt_algorithm(std::string_view name);

/// A token in its parts; nothing is verified.
struct Jwt {
    JwtAlgorithm algorithm = JwtAlgorithm::rs256;
    std::string key_id;        ///< kid; empty: not said
    std::string_view signed_;  ///< header and payload as sent: what the signature is of. Points into the token.
    std::string signature;     ///< decoded
    std::string payload;       ///< decoded: the claims, as JSON
};

/// Whether a token has the form of a JWT: three parts of base64url, the first of which is a JSON object. Others are
/// opaque: only their issuer knows what they mean.
bool looks_like_jwt(std::string_view token);

/// Errors: invalid (malformed; another algorithm; a critical extension, RFC 7515 §4.1.11; a `typ` that says that it is
/// something else, RFC 8725 §3.11).
Result<Jwt> parse_jwt(std::string_view token);

/// base64url without padding (RFC 7515 §2); nullopt: anything else.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace posthouse::auth
