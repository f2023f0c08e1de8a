// Parsing of stored passwords.
#include "auth/passwords/stored.h"

#include <algorithm>
#include <optional>
#include <string>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"

namespace posthouse::auth {
namespace {

// For messages: what stands between braces may be a password of somebody who likes braces.
bool looks_like_scheme(std::string_view name) {
    return !name.empty() && name.size() <= 32 &&
           std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

std::optional<Encoding> parse_suffix(std::string_view suffix) {
    if (suffix == "B64" || suffix == "BASE64") return Encoding::base64;
    if (suffix == "HEX") return Encoding::hex;
    return std::nullopt;
}

std::optional<std::string> decode(std::string_view text, Encoding encoding) {
    switch (encoding) {
        case Encoding::text: return std::string(text);
        case Encoding::base64: return base64::decode(text);
        case Encoding::hex: return hex::decode(text);
    }
    return std::nullopt;
}

Result<StoredPassword> parse(std::string_view name, std::string_view text) {
    const auto unknown = [name] {
        return unsupported(looks_like_scheme(name) ? "unknown scheme {" + std::string(name) + "}" : "unknown scheme");
    };
    const auto dot = name.find('.');
    std::string_view plain_name = name.substr(0, dot);
    std::optional<Encoding> encoding;
    if (dot != std::string_view::npos) {
        encoding = parse_suffix(name.substr(dot + 1));
        if (!encoding) return unknown();
    }
    // {MD5} is MD5-CRYPT to Dovecot, and a digest to LDAP (RFC 2307 §5.3).
    if (plain_name == "MD5") plain_name = encoding || text.starts_with('$') ? "MD5-CRYPT" : "LDAP-MD5";
    const Scheme* scheme = find_scheme(plain_name);
    if (scheme == nullptr) return unknown();
    if (!encoding) {
        encoding = scheme->encoding;
        if (scheme->length != 0) encoding = text.size() == scheme->length * 2 ? Encoding::hex : Encoding::base64;
    }
    std::optional<std::string> hash = decode(text, *encoding);
    if (!hash) return unsupported("malformed hash of scheme {" + std::string(name) + "}");
    StoredPassword parsed{scheme, Secret(std::move(*hash))};
    if (const Result<> checked = scheme->family->check(*scheme, parsed.hash.view()); !checked)
        return fail(checked.error());
    return parsed;
}

}  // namespace

Result<StoredPassword> parse_stored(std::string_view stored, std::string_view default_scheme) {
    if (stored.size() > max_stored) return unsupported("hash too long");
    if (!stored.starts_with('{')) {
        if (!default_scheme.empty()) return parse(ascii::upper(default_scheme), stored);
        if (stored.starts_with("$argon2id$")) return parse("ARGON2ID", stored);
        return parse(stored.starts_with("$argon2i$") ? "ARGON2I" : "CRYPT", stored);
    }
    const auto end = stored.find('}');
    if (end == std::string_view::npos) return unsupported("malformed scheme");
    return parse(ascii::upper(stored.substr(1, end - 1)), stored.substr(end + 1));
}

}  // namespace posthouse::auth
