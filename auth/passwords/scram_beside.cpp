// SCRAM keys that are kept beside a hash of another scheme.
#include "auth/passwords/scram_beside.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <string>

#include "auth/passwords/password.h"
#include "auth/passwords/scheme.h"
#include "auth/passwords/stored.h"
#include "lib/base/hex.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

std::string_view scheme_name(sasl::ScramHash hash) {
    return hash == sasl::ScramHash::sha_1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
}

/// The first word of a column that belongs to `stored`.
std::string binding_to(std::string_view stored) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(stored.data(), stored.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return "sha256:" + hex::encode({reinterpret_cast<const char*>(digest.data()), size});
}

std::string_view take_word(std::string_view& text) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

bool serves_itself(std::string_view stored, const PasswordSettings& settings, std::string_view scheme) {
    const Result<StoredPassword> parsed = parse_stored(stored, settings.default_scheme);
    return parsed && (parsed->scheme->family == &plain_family || parsed->scheme->name == scheme);
}

}  // namespace

Result<std::string> make_scram_beside(std::string_view stored, std::string_view password,
                                      const PasswordSettings& settings) {
    std::string beside;
    for (const std::string& scheme : settings.scram_keys) {
        if (serves_itself(stored, settings, scheme)) continue;
        PasswordSettings keys = settings;
        keys.scheme = scheme;
        const Result<std::string> made = hash_password(password, keys);
        if (!made && made.error().code == ErrorCode::invalid) return std::string();
        if (!made) return fail(made.error());
        beside += ' ' + *made;
    }
    return beside.empty() ? beside : binding_to(stored) + beside;
}

bool needs_scram_beside(std::string_view stored, std::string_view beside, const PasswordSettings& settings) {
    for (const std::string& scheme : settings.scram_keys) {
        if (serves_itself(stored, settings, scheme)) continue;
        const sasl::ScramHash hash = scheme == "SCRAM-SHA-1" ? sasl::ScramHash::sha_1 : sasl::ScramHash::sha_256;
        const Result<std::optional<sasl::ScramKeys>> keys = find_scram_beside(stored, beside, hash);
        if (!keys || !*keys || (*keys)->iterations < settings.scram_iterations) return true;
    }
    return false;
}

Result<std::optional<sasl::ScramKeys>> find_scram_beside(std::string_view stored, std::string_view beside,
                                                         sasl::ScramHash hash) {
    if (beside.empty()) return std::nullopt;
    if (beside.size() > max_stored) return unsupported("SCRAM keys too long");
    if (!constant_time_equal(take_word(beside), binding_to(stored)))
        return unsupported("its SCRAM keys belong to another stored password");
    while (!beside.empty()) {
        const std::string_view word = take_word(beside);
        const Result<StoredPassword> parsed = parse_stored(word, {});
        if (!parsed) return fail(parsed.error());
        if (parsed->scheme->name == scheme_name(hash)) return sasl::parse_scram_keys(hash, parsed->hash.view());
    }
    return std::nullopt;
}

}  // namespace posthouse::auth
