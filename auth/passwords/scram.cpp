// SCRAM-SHA-1 and SCRAM-SHA-256: the keys that SCRAM log-ins need, against which a password can be checked too.
#include "auth/passwords/scram.h"

#include <string>

#include "auth/passwords/scheme.h"
#include "auth/passwords/scram_beside.h"
#include "auth/passwords/stored.h"
#include "lib/base/random.h"
#include "lib/base/secret.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t made_salt = 16;

sasl::ScramHash hash_of(const Scheme& scheme) {
    return scheme.detail == "SHA1" ? sasl::ScramHash::sha_1 : sasl::ScramHash::sha_256;
}

Result<> check(const Scheme& scheme, std::string_view hash) {
    if (!sasl::parse_scram_keys(hash_of(scheme), hash))
        return unsupported("malformed hash of scheme {" + std::string(scheme.name) + "}, or with too high a cost");
    return {};
}

bool fits(sasl::ScramHash hash, const sasl::ScramKeys& keys, std::string salted) {
    std::string client_key = sasl::scram_client_key(hash, salted);
    const bool right = constant_time_equal(sasl::scram_stored_key(hash, client_key), keys.stored_key);
    wipe(client_key);
    wipe(salted);
    return right;
}

Result<bool> verify(const Scheme& scheme, std::string_view hash, std::string_view password) {
    const sasl::ScramHash kind = hash_of(scheme);
    const std::optional<sasl::ScramKeys> keys = sasl::parse_scram_keys(kind, hash);
    if (!keys) return unsupported("malformed SCRAM keys");
    Result<std::string> salted = sasl::scram_salted_password(kind, password, keys->salt, keys->iterations);
    if (!salted && salted.error().code != ErrorCode::invalid) return fail(salted.error());
    if (salted && fits(kind, *keys, std::move(*salted))) return true;
    // Dovecot makes its keys of a password that is not prepared.
    Result<std::string> raw = sasl::scram_hi(kind, password, keys->salt, keys->iterations);
    if (!raw) return fail(raw.error());
    return fits(kind, *keys, std::move(*raw));
}

Result<std::string> make(const Scheme& scheme, std::string_view password, const PasswordSettings& settings) {
    const Result<sasl::ScramKeys> keys =
        sasl::make_scram_keys(hash_of(scheme), password, random_bytes(made_salt), settings.scram_iterations);
    if (!keys) return fail(keys.error());
    return sasl::encode(*keys);
}

bool weaker(const Scheme& scheme, std::string_view hash, const PasswordSettings& settings) {
    const std::optional<sasl::ScramKeys> keys = sasl::parse_scram_keys(hash_of(scheme), hash);
    return !keys || keys->iterations < settings.scram_iterations;
}

std::string cost(const Scheme& scheme, std::string_view hash) {
    const std::optional<sasl::ScramKeys> keys = sasl::parse_scram_keys(hash_of(scheme), hash);
    return keys ? std::to_string(keys->iterations) + " iterations" : std::string();
}

}  // namespace

const Family scram_family{check, verify, make, weaker, cost};

Result<ScramSecret> scram_secret(std::string_view stored, std::string_view beside, sasl::ScramHash hash,
                                 std::string_view default_scheme) {
    Result<StoredPassword> parsed = parse_stored(stored, default_scheme);
    if (!parsed) return fail(parsed.error());
    const Scheme& scheme = *parsed->scheme;
    if (scheme.family == &plain_family) return ScramSecret{std::nullopt, std::move(parsed->hash)};
    if (scheme.family == &scram_family && hash_of(scheme) == hash)
        return ScramSecret{sasl::parse_scram_keys(hash, parsed->hash.view()), {}};
    Result<std::optional<sasl::ScramKeys>> keys = find_scram_beside(stored, beside, hash);
    if (!keys) return fail(keys.error());
    if (*keys) return ScramSecret{std::move(*keys), {}};
    return unsupported("a log-in by SCRAM needs its keys, stored is {" + std::string(scheme.name) + "}");
}

}  // namespace posthouse::auth
