// Stored passwords: `{SCHEME}hash`, as Dovecot and others write them. Made with Argon2id; verified in every scheme that
// libsodium or libcrypt knows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::auth {

/// The longest password that is hashed; longer ones are refused, so that nobody buys CPU time with megabytes.
inline constexpr std::size_t max_password = 1024;

/// What one Argon2id hash costs. The default, 19 MiB and two passes, takes about 12 ms.
struct Argon2Cost {
    std::size_t memory_bytes = std::size_t{19} << 20;
    unsigned long long passes = 2;
};

/// `{ARGON2ID}$argon2id$v=19$…` with a fresh salt. Errors: invalid (empty, longer than max_password, or with a NUL);
/// unavailable (no memory).
Result<std::string> hash_password(std::string_view password, const Argon2Cost& cost = {});

/// Whether `password` is the one stored. Schemes: ARGON2ID and ARGON2I; BLF-CRYPT, SHA512-CRYPT, SHA256-CRYPT,
/// MD5-CRYPT and CRYPT; PLAIN and CLEARTEXT; without a scheme what the hash itself says. Errors: unsupported (another
/// scheme, a damaged hash, or one that costs more than this program pays: 1 GiB, 64 passes, bcrypt cost 16, 1,000,000
/// rounds); unavailable (no memory).
Result<bool> verify_password(std::string_view stored, std::string_view password);

/// Whether a stored password can be verified at all; for what an administrator imports. Errors: unsupported.
Result<> check_stored_password(std::string_view stored);

/// Whether a fresh hash would be better than this one: another scheme, or less than `cost`.
bool needs_rehash(std::string_view stored, const Argon2Cost& cost = {});

/// A password to hand to somebody: 20 letters and digits without look-alikes (115 bits).
std::string generate_password();

}  // namespace posthouse::auth
