// Domains and address literals (RFC 5321 §4.1.2, §4.1.3).
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/smtp/address.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label,
                               [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_' || ascii::is_8bit(c); });
}

/// `text` as inet_pton reads it and inet_ntop writes it.
std::optional<std::string> canonical_address(int family, std::string_view text) {
    if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
    std::array<unsigned char, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> printed{};
    if (inet_pton(family, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
    if (inet_ntop(family, address.data(), printed.data(), printed.size()) == nullptr) return std::nullopt;
    return std::string(printed.data());
}

}  // namespace

bool is_domain(std::string_view text, Utf8 utf8) {
    if (text.empty() || text.size() > max_domain) return false;
    if (!ascii::is_ascii(text) && (utf8 == Utf8::refused || !ascii::is_utf8(text))) return false;
    return std::ranges::all_of(ascii::split(text, '.'), is_label);
}

std::optional<std::string> parse_address_literal(std::string_view text) {
    if (text.size() < 3 || text.size() > max_domain || text.front() != '[' || text.back() != ']') return std::nullopt;
    const std::string_view inside = text.substr(1, text.size() - 2);
    if (ascii::istarts_with(inside, "IPv6:")) {
        const auto address = canonical_address(AF_INET6, inside.substr(5));
        if (!address) return std::nullopt;
        return "[IPv6:" + *address + "]";
    }
    const auto address = canonical_address(AF_INET, inside);
    if (!address) return std::nullopt;
    return "[" + *address + "]";
}

}  // namespace posthouse::smtp
