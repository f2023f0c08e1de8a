// Schemes of stored passwords: THE table, and the families that do the work, each in a file of its own.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "auth/passwords/settings.h"
#include "lib/base/result.h"

namespace posthouse::auth {

struct Scheme;

/// What schemes of one kind do. `hash` is what stands behind `{SCHEME}`, decoded.
struct Family {
    /// Whether the hash can be verified and costs no more than this program pays; nothing is computed. Errors:
    /// unsupported.
    Result<> (*check)(const Scheme& scheme, std::string_view hash);
    /// `hash` has passed check(); `password` is neither empty, nor too long, nor has it a NUL. Compares in constant
    /// time. Errors: unsupported (damaged); unavailable (no memory).
    Result<bool> (*verify)(const Scheme& scheme, std::string_view hash, std::string_view password);
    /// A fresh hash, as text; null: the family is only verified. Errors: invalid, unavailable.
    Result<std::string> (*make)(const Scheme& scheme, std::string_view password, const PasswordSettings& settings);
    /// Whether a hash of the wanted scheme costs less than the settings ask for; null: never.
    bool (*weaker)(const Scheme& scheme, std::string_view hash, const PasswordSettings& settings);
    /// What computing it costs ("19 MiB, 2 passes"), of a hash that has passed check(); nothing of the hash itself.
    /// Null: there is nothing to say.
    std::string (*cost)(const Scheme& scheme, std::string_view hash) = nullptr;
};

extern const Family argon2_family;         // argon2.cpp
extern const Family crypt_family;          // crypt.cpp
extern const Family digest_family;         // digest.cpp
extern const Family salted_digest_family;  // digest.cpp
extern const Family pbkdf2_family;         // pbkdf2.cpp
extern const Family plain_family;          // plain.cpp
extern const Family scram_family;          // scram.cpp

/// How the bytes of a hash are written.
enum class Encoding { text, base64, hex };

/// A row of the table.
struct Scheme {
    std::string_view name;  ///< in upper case
    const Family* family;
    Encoding encoding;        ///< unless a suffix tells another: `{SSHA256.HEX}`
    std::string_view detail;  ///< for the family: how the hash begins, or the name of the digest
    /// Bytes of the decoded hash, where they are known: who writes twice as many digits means hexadecimal ones.
    std::size_t length = 0;
};

/// All of them.
std::span<const Scheme> schemes();
/// By its name in upper case; null: unknown.
const Scheme* find_scheme(std::string_view name);

/// "Password cannot be verified: <why>". Hashes and passwords do not belong into `why`.
std::unexpected<Error> unsupported(const std::string& why);

}  // namespace posthouse::auth
