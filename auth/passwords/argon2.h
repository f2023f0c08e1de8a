// Argon2 hashes in their text form, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` (RFC 9106; PHC string format).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::auth {

struct Argon2Hash {
    std::uint64_t version = 0;
    std::uint64_t memory_kib = 0;
    std::uint64_t passes = 0;
    std::uint64_t lanes = 0;
    std::string salt;
    std::string digest;
};

/// nullopt: malformed. Neither costs nor lengths are judged.
std::optional<Argon2Hash> parse_argon2(std::string_view hash);

}  // namespace posthouse::auth
