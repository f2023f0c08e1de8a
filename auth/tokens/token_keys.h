// Keys against which signed tokens are verified.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/tokens/jwt.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"

struct evp_pkey_st;

namespace posthouse::auth {

/// The most keys, and the most bytes of a file with keys.
inline constexpr std::size_t max_token_keys = 64;
inline constexpr std::size_t max_key_file = 64 * 1024;

/// A key, and the one algorithm it is for: so no public key is ever taken for the secret of HS256 (RFC 8725 §2.1).
struct TokenKey {
    JwtAlgorithm algorithm = JwtAlgorithm::rs256;
    std::string id;                           ///< kid; empty: it has none, and serves for tokens with any
    std::shared_ptr<evp_pkey_st> public_key;  ///< but for HS256
    std::shared_ptr<const Secret> secret;     ///< HS256's
};

class TokenKeys {
  public:
    /// Adds the key of a PEM text (`-----BEGIN PUBLIC KEY-----`, or a certificate), or those of a JWKS (RFC 7517 §5),
    /// which may hold others too: RSA of 2048 bits and more, P-256, Ed25519, and in a JWKS secrets of 32 bytes and
    /// more. Errors: invalid (no such key, or malformed); limit.
    Result<> add(std::string_view text);
    /// From a file, or all files of a folder whose names don't begin with a dot. Errors: as add and read_file, naming
    /// the file.
    static Result<TokenKeys> load(const std::string& path);

    bool empty() const { return keys_.empty(); }
    std::size_t size() const { return keys_.size(); }
    /// Whether a key of the token's algorithm and kid has signed it. Errors: not_found (there is no such key).
    Result<bool> verify(const Jwt& token) const;

  private:
    Result<> add_jwks(std::string_view text);
    Result<> add_pem(std::string_view text);
    std::vector<TokenKey> keys_;
};

}  // namespace posthouse::auth
