// PBKDF2 as Dovecot writes it: `$1$salt$rounds$hexadecimal digest`, with HMAC-SHA-1 (RFC 8018 §5.2).
#include <openssl/evp.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "auth/passwords/scheme.h"
#include "lib/base/ascii.h"
#include "lib/base/hex.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::uint64_t max_rounds = 1'000'000;  // about half a second
constexpr std::size_t max_salt = 64;
constexpr std::size_t digest_size = 20;

struct Parts {
    std::string_view salt;
    std::uint64_t rounds = 0;
    std::string digest;
};

std::optional<Parts> parse(std::string_view hash) {
    const std::vector<std::string_view> fields = ascii::split(hash, '$');
    if (fields.size() != 5 || !fields[0].empty() || fields[1] != "1") return std::nullopt;
    const auto rounds = ascii::parse_number(fields[3]);
    std::optional<std::string> digest = hex::decode(fields[4]);
    if (!rounds || *rounds == 0 || !digest || digest->size() != digest_size || fields[2].size() > max_salt)
        return std::nullopt;
    return Parts{fields[2], *rounds, std::move(*digest)};
}

Result<> check(const Scheme&, std::string_view hash) {
    const std::optional<Parts> parts = parse(hash);
    if (!parts) return unsupported("malformed PBKDF2 hash");
    if (parts->rounds > max_rounds) return unsupported("PBKDF2 with too many rounds");
    return {};
}

Result<bool> verify(const Scheme&, std::string_view hash, std::string_view password) {
    const std::optional<Parts> parts = parse(hash);
    if (!parts) return unsupported("malformed PBKDF2 hash");
    std::array<unsigned char, digest_size> computed{};
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>(parts->salt.data()),
                          static_cast<int>(parts->salt.size()), static_cast<int>(parts->rounds), EVP_sha1(),
                          static_cast<int>(computed.size()), computed.data()) != 1)
        return fail(ErrorCode::internal, "PBKDF2 failed");
    return constant_time_equal({reinterpret_cast<const char*>(computed.data()), computed.size()}, parts->digest);
}

std::string cost(const Scheme&, std::string_view hash) {
    const std::optional<Parts> parts = parse(hash);
    return parts ? std::to_string(parts->rounds) + " rounds" : std::string();
}

}  // namespace

const Family pbkdf2_family{check, verify, nullptr, nullptr, cost};

}  // namespace posthouse::auth
