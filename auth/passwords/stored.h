// Parsing of stored passwords: the scheme before a hash, and what verifying the hash would cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::auth {

enum class Scheme { argon2, crypt, plain };

/// A stored password in its parts.
struct StoredPassword {
    Scheme scheme = Scheme::crypt;
    std::string_view hash;
};

/// Errors: unsupported (an unknown scheme, or a hash that is not of its scheme or costs too much).
Result<StoredPassword> parse_stored(std::string_view stored);

/// The cost in an Argon2 hash, `$argon2id$v=19$m=19456,t=2,p=1$…`; nullopt: malformed.
struct Argon2Parameters {
    std::uint64_t memory_kib = 0;
    std::uint64_t passes = 0;
    std::uint64_t lanes = 0;
};
std::optional<Argon2Parameters> parse_argon2(std::string_view hash);

}  // namespace posthouse::auth
