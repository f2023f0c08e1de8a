// Route: read from a transport, and written as one.
#include "queued/delivery/route.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/net/address.h"
#include "lib/smtp/address.h"
#include "lib/smtp/internationalized.h"
#include "queued/spool/envelope.h"

namespace posthouse::queued {
namespace {

constexpr std::size_t max_hops = 50;

std::unexpected<Error> bad(std::string_view transport, const std::string& reason) {
    return fail(ErrorCode::invalid, "Transport \"" + std::string(transport.substr(0, 64)) + "\": " + reason);
}

/// A number, or the name of a mail service (RFC 6335 §5.1).
std::optional<std::uint16_t> parse_port(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::uint16_t>, 5> services{
        {{"smtp", 25}, {"lmtp", 24}, {"submission", 587}, {"submissions", 465}, {"smtps", 465}}};
    if (const auto number = ascii::parse_number(text); number && *number >= 1 && *number <= 65535)
        return static_cast<std::uint16_t>(*number);
    const auto service = std::ranges::find(services, text, [](const auto& entry) { return entry.first; });
    if (service == services.end()) return std::nullopt;
    return service->second;
}

/// "192.0.2.1", "2001:db8::1" or "ipv6:2001:db8::1" in its canonical spelling.
std::optional<std::string> canonical_ip(std::string_view text) {
    if (ascii::istarts_with(text, "ipv6:")) text.remove_prefix(5);
    const Result<net::Address> address = net::Address::from_ip(text, 0);
    if (!address) return std::nullopt;
    return address->ip();
}

/// A host name in A-labels.
std::optional<std::string> canonical_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    Result<std::string> name = smtp::to_a_labels(text);
    if (!name || !smtp::is_domain(*name)) return std::nullopt;
    return *std::move(name);
}

/// `host`, `[host]` or `[address]`, and perhaps a port.
std::optional<Hop> parse_host(std::string_view text) {
    Hop hop;
    std::string_view host = text;
    std::string_view rest;
    hop.find_mx = !text.starts_with('[');
    if (!hop.find_mx) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        rest = text.substr(colon);
    }
    if (!rest.empty()) {
        const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
        if (!port) return std::nullopt;
        hop.port = *port;
    }
    const std::optional<std::string> ip = canonical_ip(host);
    if (ip && hop.find_mx) return std::nullopt;  // MX records are those of names
    const std::optional<std::string> name = ip ? ip : canonical_name(host);
    if (!name) return std::nullopt;
    hop.host = *name;
    return hop;
}

/// LMTP is spoken with the host that is named; MX records are for SMTP (RFC 2033 §5).
std::optional<Hop> parse_lmtp_hop(std::string_view text) {
    if (text.starts_with("unix:")) {
        const std::string_view path = text.substr(5);
        if (!path.starts_with('/')) return std::nullopt;
        return Hop{.host = std::string(path), .port = 0, .find_mx = false, .unix_socket = true};
    }
    std::string host(text.starts_with("inet:") ? text.substr(5) : text);
    if (!host.starts_with('[')) host = '[' + host.insert(std::min(host.find(':'), host.size()), 1, ']');
    return parse_host(host);
}

std::string to_string(const Hop& hop) {
    if (hop.unix_socket) return "unix:" + hop.host;
    const std::string host = hop.find_mx ? hop.host : '[' + hop.host + ']';
    return hop.port == 0 ? host : host + ':' + std::to_string(hop.port);
}

Result<Route> to_hosts(Route::Kind kind, std::string_view transport, std::string_view nexthop) {
    Route route{.kind = kind, .hops = {}, .text = {}};
    const std::vector<std::string_view> hosts = ascii::split(nexthop, ',');
    if (hosts.size() > max_hops) return bad(transport, "more than 50 hosts");
    for (const std::string_view host : hosts) {
        std::optional<Hop> hop = kind == Route::Kind::lmtp ? parse_lmtp_hop(host) : parse_host(host);
        if (!hop) return bad(transport, "\"" + std::string(host) + "\" is no host");
        route.hops.push_back(*std::move(hop));
    }
    return route;
}

}  // namespace

Result<Route> parse_route(std::string_view transport, std::string_view domain, std::string_view relayhost) {
    if (transport.size() > spool::max_transport) return bad(transport, "too long");
    if (std::ranges::any_of(transport, ascii::is_control) || !ascii::is_utf8(transport))
        return bad({}, "it holds a control character or is no UTF-8");
    const auto colon = std::min(transport.find(':'), transport.size());
    const std::string_view name = transport.substr(0, colon);
    const bool has_next_hop = colon < transport.size();
    const std::string_view next_hop = has_next_hop ? transport.substr(colon + 1) : std::string_view{};
    if (name == "local" && next_hop.empty()) return Route{.kind = Route::Kind::local, .hops = {}, .text = {}};
    if (!has_next_hop && !name.empty()) return bad(transport, "no colon in it: transport:nexthop");
    if (name == "error") return Route{.kind = Route::Kind::error, .hops = {}, .text = std::string(next_hop)};
    if (name == "retry") return Route{.kind = Route::Kind::retry, .hops = {}, .text = std::string(next_hop)};
    if (name == "discard") return Route{.kind = Route::Kind::discard, .hops = {}, .text = std::string(next_hop)};
    if (transport == spool::alias_transport || transport == spool::list_transport)
        return Route{.kind = Route::Kind::expanded, .hops = {}, .text = std::string(next_hop)};
    const bool lmtp = name == "lmtp";
    if (!lmtp && !name.empty() && name != "smtp" && name != "relay") return bad(transport, "not known here");
    const Route::Kind kind = lmtp ? Route::Kind::lmtp : Route::Kind::smtp;
    if (!next_hop.empty()) return to_hosts(kind, transport, next_hop);
    if (!lmtp && !relayhost.empty()) return to_hosts(kind, relayhost, relayhost);
    if (domain.empty()) return bad(transport, "names no host");
    // A domain is one host, whatever it holds.
    const std::optional<Hop> hop =
        domain.find(':') != std::string_view::npos && !domain.starts_with('[') ? std::nullopt : parse_host(domain);
    if (!hop || hop->port != 0)
        return Route{.kind = Route::Kind::error, .hops = {}, .text = "5.1.2 The domain can't be a host's name"};
    Route route{.kind = kind, .hops = {*hop}, .text = {}};
    if (lmtp) route.hops.front().find_mx = false;
    return route;
}

std::string to_string(const Route& route) {
    switch (route.kind) {
        case Route::Kind::local: return "local";
        case Route::Kind::error: return "error:" + route.text;
        case Route::Kind::retry: return "retry:" + route.text;
        case Route::Kind::discard: return "discard:" + route.text;
        case Route::Kind::expanded: return "expanded:" + route.text;
        case Route::Kind::smtp:
        case Route::Kind::lmtp: break;
    }
    std::string hops;
    for (const Hop& hop : route.hops) hops += (hops.empty() ? "" : ",") + to_string(hop);
    return (route.kind == Route::Kind::smtp ? "smtp:" : "lmtp:") + hops;
}

}  // namespace posthouse::queued
