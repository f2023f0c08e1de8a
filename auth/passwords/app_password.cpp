// Generated passwords for the programs of a user.
#include "auth/passwords/app_password.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <array>
#include <string_view>

#include "lib/base/base64.h"
#include "lib/base/random.h"

namespace posthouse::auth {
namespace {

// They are typed on telephones: no capitals, and without l, o, 0 and 1, which look alike. 32 of them: 5 bits each.
constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
constexpr std::size_t groups = 7;
constexpr std::size_t group_size = 4;
constexpr std::size_t salt_size = 16;

}  // namespace

Result<GeneratedAppPassword> generate_app_password() {
    std::string password;
    password.reserve(groups * (group_size + 1));
    for (std::size_t i = 0; i < groups * group_size; ++i) {
        if (i > 0 && i % group_size == 0) password += '-';
        password += alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
    }
    GeneratedAppPassword fresh{Secret(std::move(password)), {}};
    const std::string salt = random_bytes(salt_size);
    std::string both;
    both.reserve(fresh.password.view().size() + salt.size());  // growing would leave the password in freed memory
    both += fresh.password.view();
    both += salt;
    const Secret salted(std::move(both));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(salted.view().data(), salted.view().size(), digest.data(), &size, EVP_sha512(), nullptr) != 1)
        return fail(ErrorCode::unsupported, "App passwords need SHA-512, which OpenSSL refuses here");
    fresh.stored = "{SSHA512}" + base64::encode(std::string(reinterpret_cast<const char*>(digest.data()), size) + salt);
    return fresh;
}

}  // namespace posthouse::auth
