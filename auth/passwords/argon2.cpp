// ARGON2ID and ARGON2I: by libsodium, which is twice as fast, or by libargon2 when a hash has more than one lane.
#include "auth/passwords/argon2.h"

#include <argon2.h>
#include <sodium.h>

#include <array>
#include <cerrno>

#include "auth/passwords/fields.h"
#include "auth/passwords/scheme.h"
#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::uint64_t max_memory_kib = 1u << 20;
constexpr std::uint64_t max_passes = 64;
constexpr std::uint64_t max_lanes = 16;
constexpr std::uint64_t version_1_3 = 19;

// Base64 without its padding.
std::optional<std::string> decode_unpadded(std::string_view text) {
    if (text.ends_with('=')) return std::nullopt;
    std::string padded(text);
    padded.append((4 - text.size() % 4) % 4, '=');
    return base64::decode(padded);
}

Result<> check(const Scheme& scheme, std::string_view hash) {
    if (!hash.starts_with(scheme.detail))
        return unsupported("hash is not of its scheme {" + std::string(scheme.name) + "}");
    const std::optional<Argon2Hash> parsed = parse_argon2(hash);
    if (!parsed || parsed->version != version_1_3 || parsed->lanes == 0 || parsed->passes == 0 ||
        parsed->memory_kib < 8 * parsed->lanes || parsed->salt.size() < ARGON2_MIN_SALT_LENGTH ||
        parsed->digest.size() < ARGON2_MIN_OUTLEN)
        return unsupported("malformed Argon2 hash");
    if (parsed->memory_kib > max_memory_kib || parsed->passes > max_passes || parsed->lanes > max_lanes)
        return unsupported("Argon2 with too high a cost");
    return {};
}

Result<bool> verify_with_lanes(const Argon2Hash& hash, argon2_type type, std::string_view password) {
    std::string digest(hash.digest.size(), '\0');
    std::string salt = hash.salt;
    std::string secret(password);
    argon2_context context{};
    context.out = reinterpret_cast<std::uint8_t*>(digest.data());
    context.outlen = static_cast<std::uint32_t>(digest.size());
    context.pwd = reinterpret_cast<std::uint8_t*>(secret.data());
    context.pwdlen = static_cast<std::uint32_t>(secret.size());
    context.salt = reinterpret_cast<std::uint8_t*>(salt.data());
    context.saltlen = static_cast<std::uint32_t>(salt.size());
    context.t_cost = static_cast<std::uint32_t>(hash.passes);
    context.m_cost = static_cast<std::uint32_t>(hash.memory_kib);
    context.lanes = static_cast<std::uint32_t>(hash.lanes);
    context.threads = 1;  // the pool that hashes has as many as there shall be
    context.version = ARGON2_VERSION_13;
    const int status = argon2_ctx(&context, type);
    wipe(secret);
    if (status == ARGON2_MEMORY_ALLOCATION_ERROR)
        return fail(ErrorCode::unavailable, "Not enough memory to check a password");
    if (status != ARGON2_OK) return unsupported("damaged Argon2 hash");
    return constant_time_equal(digest, hash.digest);
}

Result<bool> verify(const Scheme& scheme, std::string_view hash, std::string_view password) {
    const std::optional<Argon2Hash> parsed = parse_argon2(hash);
    if (!parsed) return unsupported("malformed Argon2 hash");
    if (parsed->lanes > 1) return verify_with_lanes(*parsed, scheme.name == "ARGON2I" ? Argon2_i : Argon2_id, password);
    if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium is not available");
    const std::string text(hash);
    errno = 0;
    const int status = crypto_pwhash_str_verify(text.c_str(), password.data(), password.size());
    if (status != 0 && errno == ENOMEM) return fail(ErrorCode::unavailable, "Not enough memory to check a password");
    return status == 0;
}

Result<std::string> make(const Scheme&, std::string_view password, const PasswordSettings& settings) {
    if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium is not available");
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), settings.argon2.passes,
                              settings.argon2.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ErrorCode::unavailable, "Not enough memory to hash a password");
    return std::string(out.data());
}

bool weaker(const Scheme&, std::string_view hash, const PasswordSettings& settings) {
    const std::optional<Argon2Hash> parsed = parse_argon2(hash);
    return !parsed || parsed->memory_kib < settings.argon2.memory_bytes / 1024 ||
           parsed->passes < settings.argon2.passes;
}

std::string cost(const Scheme&, std::string_view hash) {
    const std::optional<Argon2Hash> parsed = parse_argon2(hash);
    if (!parsed) return {};
    return std::to_string(parsed->memory_kib >> 10) + " MiB, " + std::to_string(parsed->passes) + " passes, " +
           std::to_string(parsed->lanes) + (parsed->lanes == 1 ? " lane" : " lanes");
}

}  // namespace

std::optional<Argon2Hash> parse_argon2(std::string_view hash) {
    for (const std::string_view prefix : {"$argon2id$", "$argon2i$"}) {
        if (!hash.starts_with(prefix)) continue;
        hash.remove_prefix(prefix.size());
        const auto version = take_number(hash, "v=", '$');
        const auto memory = take_number(hash, "m=", ',');
        const auto passes = take_number(hash, "t=", ',');
        const auto lanes = take_number(hash, "p=", '$');
        const auto dollar = hash.find('$');
        if (!version || !memory || !passes || !lanes || dollar == std::string_view::npos) return std::nullopt;
        std::optional<std::string> salt = decode_unpadded(hash.substr(0, dollar));
        std::optional<std::string> digest = decode_unpadded(hash.substr(dollar + 1));
        if (!salt || !digest) return std::nullopt;
        return Argon2Hash{*version, *memory, *passes, *lanes, std::move(*salt), std::move(*digest)};
    }
    return std::nullopt;
}

const Family argon2_family{check, verify, make, weaker, cost};

}  // namespace posthouse::auth
