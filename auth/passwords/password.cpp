// Hashing and verifying passwords.
#include "auth/passwords/password.h"

#include <sodium.h>

#include <algorithm>

#include "auth/passwords/stored.h"

namespace posthouse::auth {
namespace {

bool usable(std::string_view password) {
    return !password.empty() && password.size() <= max_password && password.find('\0') == std::string_view::npos;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, const PasswordSettings& settings) {
    if (password.empty()) return fail(ErrorCode::invalid, "Password is empty");
    if (password.size() > max_password) return fail(ErrorCode::invalid, "Password is longer than 1024 bytes");
    if (!usable(password)) return fail(ErrorCode::invalid, "Password has a NUL in it");
    const Scheme* scheme = find_scheme(settings.scheme);
    if (scheme == nullptr || scheme->family->make == nullptr)
        return fail(ErrorCode::unsupported, "No passwords are made in scheme " + settings.scheme);
    const Result<std::string> hash = scheme->family->make(*scheme, password, settings);
    if (!hash) return fail(hash.error());
    return '{' + settings.scheme + '}' + *hash;
}

Result<bool> verify_password(std::string_view stored, std::string_view password, std::string_view default_scheme) {
    const Result<StoredPassword> parsed = parse_stored(stored, default_scheme);
    if (!parsed) return fail(parsed.error());
    if (!usable(password)) return false;
    return parsed->scheme->family->verify(*parsed->scheme, parsed->hash.view(), password);
}

Result<> check_stored_password(std::string_view stored, std::string_view default_scheme) {
    const Result<StoredPassword> parsed = parse_stored(stored, default_scheme);
    if (!parsed) return fail(parsed.error());
    return {};
}

Result<PasswordKind> kind_of_password(std::string_view stored, std::string_view default_scheme) {
    const Result<StoredPassword> parsed = parse_stored(stored, default_scheme);
    if (!parsed) return fail(parsed.error());
    const Scheme& scheme = *parsed->scheme;
    const bool says = scheme.family->cost != nullptr;
    return PasswordKind{std::string(scheme.name),
                        says ? scheme.family->cost(scheme, parsed->hash.view()) : std::string()};
}

bool needs_rehash(std::string_view stored, const PasswordSettings& settings) {
    const Result<StoredPassword> parsed = parse_stored(stored, settings.default_scheme);
    const Scheme* wanted = find_scheme(settings.scheme);
    if (!parsed || wanted == nullptr) return false;
    const bool kept_beside = std::ranges::find(settings.scram_keys, parsed->scheme->name) != settings.scram_keys.end();
    if (parsed->scheme->family == &scram_family && wanted->family != &scram_family && !kept_beside) return false;
    if (parsed->scheme != wanted) return true;
    return wanted->family->weaker != nullptr && wanted->family->weaker(*wanted, parsed->hash.view(), settings);
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
