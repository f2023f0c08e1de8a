// Parsing of stored passwords.
#include "auth/passwords/stored.h"

#include <array>
#include <string>

#include "lib/base/ascii.h"

namespace posthouse::auth {
namespace {

constexpr std::uint64_t max_memory_kib = 1u << 20;
constexpr std::uint64_t max_passes = 64;
constexpr std::uint64_t max_bcrypt_cost = 16;    // about 4 s
constexpr std::uint64_t max_rounds = 1'000'000;  // about 1 s
constexpr std::size_t max_stored = 1024;

// The schemes of a `{…}` prefix, and how their hashes begin (empty: anyhow).
struct SchemeName {
    std::string_view name;
    Scheme scheme;
    std::string_view prefix;
};
constexpr std::array scheme_names{
    SchemeName{"ARGON2ID", Scheme::argon2, "$argon2id$"},
    SchemeName{"ARGON2I", Scheme::argon2, "$argon2i$"},
    SchemeName{"BLF-CRYPT", Scheme::crypt, "$2"},
    SchemeName{"SHA512-CRYPT", Scheme::crypt, "$6$"},
    SchemeName{"SHA256-CRYPT", Scheme::crypt, "$5$"},
    SchemeName{"MD5-CRYPT", Scheme::crypt, "$1$"},
    SchemeName{"CRYPT", Scheme::crypt, ""},
    SchemeName{"PLAIN", Scheme::plain, ""},
    SchemeName{"CLEARTEXT", Scheme::plain, ""},
};

std::unexpected<Error> unsupported(const std::string& why) {
    return fail(ErrorCode::unsupported, "Password cannot be verified: " + why);
}

// Removes `prefix` and the number after it up to `end`.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view prefix, char end) {
    if (!text.starts_with(prefix)) return std::nullopt;
    text.remove_prefix(prefix.size());
    const auto stop = text.find(end);
    if (stop == std::string_view::npos) return std::nullopt;
    const auto number = ascii::parse_number(text.substr(0, stop));
    text.remove_prefix(stop + 1);
    return number;
}

Result<> check_argon2(std::string_view hash) {
    const std::optional<Argon2Parameters> parameters = parse_argon2(hash);
    if (!parameters) return unsupported("malformed Argon2 hash");
    // libsodium computes one lane only.
    if (parameters->lanes != 1) return unsupported("Argon2 with more than one lane");
    if (parameters->memory_kib > max_memory_kib || parameters->passes > max_passes)
        return unsupported("Argon2 with too high a cost");
    return {};
}

Result<> check_crypt(std::string_view hash) {
    if (hash.empty() || hash.starts_with('*') || hash.starts_with('!')) return unsupported("locked");
    if (hash.starts_with("$2") && hash.size() > 6) {
        const auto cost = ascii::parse_number(hash.substr(4, 2));
        if (!cost || *cost > max_bcrypt_cost) return unsupported("bcrypt with too high a cost");
    }
    if (hash.starts_with("$5$rounds=") || hash.starts_with("$6$rounds=")) {
        std::string_view rest = hash.substr(3);
        const auto rounds = take_number(rest, "rounds=", '$');
        if (!rounds || *rounds > max_rounds) return unsupported("SHA-crypt with too many rounds");
    }
    // yescrypt, scrypt and the like carry their cost in codes of their own; their memory is not bounded by us.
    for (const std::string_view known : {"$1$", "$2a$", "$2b$", "$2x$", "$2y$", "$5$", "$6$"}) {
        if (hash.starts_with(known)) return {};
    }
    return unsupported("unknown kind of crypt hash");
}

}  // namespace

std::optional<Argon2Parameters> parse_argon2(std::string_view hash) {
    for (const std::string_view prefix : {"$argon2id$", "$argon2i$"}) {
        if (!hash.starts_with(prefix)) continue;
        hash.remove_prefix(prefix.size());
        const auto version = take_number(hash, "v=", '$');
        const auto memory = take_number(hash, "m=", ',');
        const auto passes = take_number(hash, "t=", ',');
        const auto lanes = take_number(hash, "p=", '$');
        if (!version || !memory || !passes || !lanes) return std::nullopt;
        return Argon2Parameters{*memory, *passes, *lanes};
    }
    return std::nullopt;
}

Result<StoredPassword> parse_stored(std::string_view stored) {
    if (stored.size() > max_stored) return unsupported("hash too long");
    StoredPassword parsed;
    if (stored.starts_with('{')) {
        const auto end = stored.find('}');
        if (end == std::string_view::npos) return unsupported("malformed scheme");
        // `{SHA512-CRYPT.b64}` and the like encode the hash; hashes here are as crypt writes them.
        const std::string name = ascii::upper(stored.substr(1, end - 1));
        const SchemeName* known = nullptr;
        for (const SchemeName& candidate : scheme_names) {
            if (candidate.name == name) known = &candidate;
        }
        if (known == nullptr) return unsupported("unknown scheme {" + name + "}");
        parsed = {known->scheme, stored.substr(end + 1)};
        if (!parsed.hash.starts_with(known->prefix)) return unsupported("hash is not of its scheme {" + name + "}");
    } else {
        parsed = {stored.starts_with("$argon2") ? Scheme::argon2 : Scheme::crypt, stored};
    }
    if (parsed.scheme == Scheme::argon2) {
        if (const Result<> checked = check_argon2(parsed.hash); !checked) return fail(checked.error());
    }
    if (parsed.scheme == Scheme::crypt) {
        if (const Result<> checked = check_crypt(parsed.hash); !checked) return fail(checked.error());
    }
    if (parsed.scheme == Scheme::plain && parsed.hash.empty()) return unsupported("empty");
    return parsed;
}

}  // namespace posthouse::auth
