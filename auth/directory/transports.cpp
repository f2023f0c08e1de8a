// Transports: what may stand in the table.
#include "auth/directory/transports.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_transport = 1024;
constexpr std::size_t max_hosts = 50;
constexpr std::size_t max_socket_path = 107;

std::unexpected<Error> bad(std::string_view text, const std::string& reason) {
    return fail(ErrorCode::invalid, "Transport \"" + std::string(text) + "\": " + reason);
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

bool is_name(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_ip(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (text.starts_with("ipv6:") || text.starts_with("IPv6:"))
        return ::inet_pton(AF_INET6, text.c_str() + 5, bytes.data()) == 1;
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// A number, or the name of a service (RFC 6335 §5.1).
bool is_port(std::string_view text) {
    if (const auto number = ascii::parse_number(text)) return *number >= 1 && *number <= 65535;
    return !text.empty() && text.size() <= 15 && ascii::is_alpha(text.front()) &&
           std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

/// `host`, `[host]` or `[address]`, and a port.
bool is_host(std::string_view text) {
    std::string_view host = text;
    std::string_view rest;
    const bool in_brackets = text.starts_with('[');
    if (in_brackets) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        rest = text.substr(colon);
    }
    if (!rest.empty() && (!rest.starts_with(':') || !is_port(rest.substr(1)))) return false;
    // Without brackets Postfix looks for MX records, which an address doesn't have.
    const bool address = is_ip(std::string(host));
    return address ? in_brackets : canonical_domain(host).has_value();
}

bool is_lmtp_host(std::string_view text) {
    if (text.starts_with("unix:")) {
        const std::string_view path = text.substr(5);
        return !path.empty() && path.size() <= max_socket_path;
    }
    if (!text.starts_with("inet:")) return is_host(text);
    const std::string_view host = text.substr(5);
    return is_host(host) || is_host('[' + std::string(host.substr(0, host.find(':'))) + ']' +
                                    std::string(host.substr(std::min(host.find(':'), host.size()))));
}

}  // namespace

Result<std::string> parse_transport_source(std::string_view text, LocalPart local) {
    if (text.find('@') != std::string_view::npos) {
        const Result<MailAddress> address = parse_address(text, local);
        if (!address) return fail(address.error());
        return address->text();
    }
    const bool below = text.starts_with('.');
    Result<std::string> domain = canonical_domain(text.substr(below ? 1 : 0));
    if (domain && below) domain->insert(0, 1, '.');
    return domain;
}

Result<std::string> parse_transport(std::string_view text) {
    static constexpr std::array<std::string_view, 3> with_text{"error", "retry", "discard"};
    static constexpr std::array<std::string_view, 4> to_hosts{"", "smtp", "relay", "lmtp"};
    if (text.size() > max_transport) return bad(text.substr(0, 64), "longer than 1024 bytes");
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return bad(text, "no colon in it: transport:nexthop, such as smtp:[host]");
    const std::string_view name = text.substr(0, colon);
    const std::string_view nexthop = text.substr(colon + 1);
    if (!is_name(name)) return bad(text, "a transport's name has letters, digits, hyphens, underscores and dots");
    if (std::ranges::any_of(text, ascii::is_control) || !ascii::is_utf8(text)) return bad(text, "control character");
    if (is_one_of(name, with_text)) return std::string(text);
    if (nexthop.find(' ') != std::string_view::npos) return bad(text, "a space after the colon");
    if (nexthop.empty() || !is_one_of(name, to_hosts)) return std::string(text);
    const std::vector<std::string_view> hosts = ascii::split(nexthop, ',');
    if (hosts.size() > max_hosts) return bad(text.substr(0, 64), "more than 50 hosts");
    for (const std::string_view host : hosts) {
        if (name == "lmtp" ? !is_lmtp_host(host) : !is_host(host))
            return bad(text, "\"" + std::string(host) + "\" is no host; write host, [host] or [address], and :port");
    }
    return std::string(text);
}

}  // namespace posthouse::auth
