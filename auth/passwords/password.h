// Stored passwords: `{SCHEME}hash`, as Dovecot and others write them. Made with Argon2id, or as the settings say;
// verified in every scheme of the table (scheme.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "auth/passwords/settings.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// The longest password that is hashed; longer ones are refused, so that nobody buys CPU time with megabytes.
inline constexpr std::size_t max_password = 1024;

/// `{SCHEME}hash` with a fresh salt. Errors: invalid (empty, longer than max_password or than the scheme takes, or with
/// a NUL); unsupported (the scheme is unknown, or only verified); unavailable (no memory).
Result<std::string> hash_password(std::string_view password, const PasswordSettings& settings = {});

/// Whether `password` is the one stored. Errors: unsupported (another scheme, a damaged hash, or one that costs more
/// than this program pays: 1 GiB, 64 passes, 16 lanes, bcrypt cost 16, 1,000,000 rounds), without a word of the hash;
/// unavailable (no memory).
Result<bool> verify_password(std::string_view stored, std::string_view password, std::string_view default_scheme = {});

/// Whether a stored password can be verified at all; for what an administrator imports. Errors: unsupported.
Result<> check_stored_password(std::string_view stored, std::string_view default_scheme = {});

/// What a stored password is, as far as others may know it.
struct PasswordKind {
    std::string scheme;  ///< "ARGON2ID"
    std::string cost;    ///< "19 MiB, 2 passes, 1 lane"; empty: there is nothing to say
};
/// Errors: unsupported.
Result<PasswordKind> kind_of_password(std::string_view stored, std::string_view default_scheme = {});

/// Whether a fresh hash would be better than this one: another scheme than the settings', or one that costs less. Keys
/// of SCRAM are better than what no SCRAM log-in can use: they are replaced by other such keys only, unless the
/// settings have them kept beside the hash.
bool needs_rehash(std::string_view stored, const PasswordSettings& settings = {});

/// A password to hand to somebody: 20 letters and digits without look-alikes (115 bits).
std::string generate_password();

}  // namespace posthouse::auth
