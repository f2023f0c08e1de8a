// Domain names.
#include "lib/dns/name.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::dns {
namespace {

void append_label(std::string_view label, std::string& out) {
    for (const char c : label) {
        if (ascii::is_alnum(c) || c == '-' || c == '_') {
            out += ascii::to_lower(c);
            continue;
        }
        const auto value = static_cast<unsigned char>(c);
        out += '\\';
        out += static_cast<char>('0' + value / 100);
        out += static_cast<char>('0' + value / 10 % 10);
        out += static_cast<char>('0' + value % 10);
    }
}

std::string_view without_dot(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return name;
}

}  // namespace

Result<std::string> read_name(std::string_view& wire) {
    std::string name;
    std::size_t at = 0;
    for (;;) {
        if (at >= wire.size()) return fail(ErrorCode::invalid, "A domain name is cut off");
        const auto length = static_cast<unsigned char>(wire[at++]);
        if (length == 0) break;
        if (length > max_label) return fail(ErrorCode::invalid, "A domain name has a label of an unknown kind");
        if (wire.size() - at < length) return fail(ErrorCode::invalid, "A domain name is cut off");
        if (at + length + 1 > max_wire_name) return fail(ErrorCode::invalid, "A domain name is too long");
        if (!name.empty()) name += '.';
        append_label(wire.substr(at, length), name);
        at += length;
    }
    wire.remove_prefix(at);
    return name;
}

bool same_name(std::string_view a, std::string_view b) { return ascii::iequals(without_dot(a), without_dot(b)); }

std::string normal_name(std::string_view name) { return ascii::lower(without_dot(name)); }

bool is_query_name(std::string_view name) {
    name = without_dot(name);
    if (name.empty() || name.size() > max_wire_name - 2) return false;
    return std::ranges::all_of(ascii::split(name, '.'), [](std::string_view label) {
        return !label.empty() && label.size() <= max_label &&
               std::ranges::all_of(label, [](char c) { return c > ' ' && c < 127 && c != '\\'; });
    });
}

std::string reverse_name(const net::Address& address) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name;
    const std::string_view bytes = address.bytes();
    if (address.family() == net::Address::Family::ipv4) {
        for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte)
            name += std::to_string(static_cast<unsigned char>(*byte)) + '.';
        return name + "in-addr.arpa";
    }
    if (address.family() != net::Address::Family::ipv6) return {};
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        const unsigned value = static_cast<unsigned char>(*byte);
        for (const unsigned digit : {value & 15u, value >> 4u}) {
            name += digits[digit];
            name += '.';
        }
    }
    return name + "ip6.arpa";
}

}  // namespace posthouse::dns
