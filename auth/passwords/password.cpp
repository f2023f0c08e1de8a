// Hashing and verifying passwords.
#include "auth/passwords/password.h"

#include <crypt.h>
#include <sodium.h>

#include <array>
#include <cerrno>
#include <memory>

#include "auth/passwords/stored.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::string_view argon2id_scheme = "{ARGON2ID}";

bool usable(std::string_view password) {
    return !password.empty() && password.size() <= max_password && password.find('\0') == std::string_view::npos;
}

bool verify_crypt(std::string_view hash, std::string_view password) {
    // 32 KiB of which libcrypt leaves traces of the password in.
    const auto data = std::make_unique<crypt_data>();
    std::string key(password);
    const std::string setting(hash);
    const char* computed = ::crypt_r(key.c_str(), setting.c_str(), data.get());
    const bool equal = computed != nullptr && computed[0] != '*' && constant_time_equal(computed, hash);
    wipe(key);
    sodium_memzero(data.get(), sizeof(crypt_data));
    return equal;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, const Argon2Cost& cost) {
    if (password.empty()) return fail(ErrorCode::invalid, "Password is empty");
    if (password.size() > max_password) return fail(ErrorCode::invalid, "Password is longer than 1024 bytes");
    if (!usable(password)) return fail(ErrorCode::invalid, "Password has a NUL in it");
    if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium is not available");
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), cost.passes, cost.memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ErrorCode::unavailable, "Not enough memory to hash a password");
    return std::string(argon2id_scheme) + out.data();
}

Result<bool> verify_password(std::string_view stored, std::string_view password) {
    const Result<StoredPassword> parsed = parse_stored(stored);
    if (!parsed) return fail(parsed.error());
    if (!usable(password)) return false;
    switch (parsed->scheme) {
        case Scheme::argon2: {
            if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium is not available");
            const std::string hash(parsed->hash);
            errno = 0;
            const int status = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size());
            if (status != 0 && errno == ENOMEM)
                return fail(ErrorCode::unavailable, "Not enough memory to check a password");
            return status == 0;
        }
        case Scheme::crypt: return verify_crypt(parsed->hash, password);
        case Scheme::plain: return constant_time_equal(parsed->hash, password);
    }
    return fail(ErrorCode::internal, "Unknown password scheme");
}

Result<> check_stored_password(std::string_view stored) {
    const Result<StoredPassword> parsed = parse_stored(stored);
    if (!parsed) return fail(parsed.error());
    return {};
}

bool needs_rehash(std::string_view stored, const Argon2Cost& cost) {
    if (!stored.starts_with(argon2id_scheme)) return true;
    const std::optional<Argon2Parameters> parameters = parse_argon2(stored.substr(argon2id_scheme.size()));
    return !parameters || parameters->memory_kib * 1024 < cost.memory_bytes || parameters->passes < cost.passes;
}

std::string generate_password() {
    // Without l, o, I, O, 0 and 1, which look alike.
    constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    constexpr std::size_t length = 20;
    std::string password;
    for (std::size_t i = 0; i < length; ++i)
        password += alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
    return password;
}

}  // namespace posthouse::auth
