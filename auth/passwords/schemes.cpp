// THE table of password schemes, in Dovecot's names.
#include <algorithm>
#include <array>

#include "auth/passwords/scheme.h"

namespace posthouse::auth {
namespace {

constexpr std::array table{
    Scheme{"ARGON2ID", &argon2_family, Encoding::text, "$argon2id$"},
    Scheme{"ARGON2I", &argon2_family, Encoding::text, "$argon2i$"},
    Scheme{"BLF-CRYPT", &crypt_family, Encoding::text, "$2"},
    Scheme{"SHA512-CRYPT", &crypt_family, Encoding::text, "$6$"},
    Scheme{"SHA256-CRYPT", &crypt_family, Encoding::text, "$5$"},
    Scheme{"MD5-CRYPT", &crypt_family, Encoding::text, "$1$"},
    Scheme{"CRYPT", &crypt_family, Encoding::text, ""},
    Scheme{"SCRAM-SHA-1", &scram_family, Encoding::text, "SHA1"},
    Scheme{"SCRAM-SHA-256", &scram_family, Encoding::text, "SHA256"},
    Scheme{"PBKDF2", &pbkdf2_family, Encoding::text, "$1$"},
    Scheme{"SSHA", &salted_digest_family, Encoding::base64, "SHA1"},
    Scheme{"SSHA256", &salted_digest_family, Encoding::base64, "SHA256"},
    Scheme{"SSHA512", &salted_digest_family, Encoding::base64, "SHA512"},
    Scheme{"SMD5", &salted_digest_family, Encoding::base64, "MD5"},
    Scheme{"SHA", &digest_family, Encoding::base64, "SHA1", 20},
    Scheme{"SHA1", &digest_family, Encoding::base64, "SHA1", 20},
    Scheme{"SHA256", &digest_family, Encoding::base64, "SHA256", 32},
    Scheme{"SHA512", &digest_family, Encoding::base64, "SHA512", 64},
    Scheme{"PLAIN-MD5", &digest_family, Encoding::hex, "MD5", 16},
    Scheme{"LDAP-MD5", &digest_family, Encoding::base64, "MD5", 16},
    Scheme{"PLAIN", &plain_family, Encoding::text, ""},
    Scheme{"CLEAR", &plain_family, Encoding::text, ""},
    Scheme{"CLEARTEXT", &plain_family, Encoding::text, ""},
};

}  // namespace

std::span<const Scheme> schemes() { return table; }

const Scheme* find_scheme(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Scheme::name);
    return found == table.end() ? nullptr : &*found;
}

std::unexpected<Error> unsupported(const std::string& why) {
    return fail(ErrorCode::unsupported, "Password cannot be verified: " + why);
}

}  // namespace posthouse::auth
