// Endpoints and networks: text to checked values.
#include "lib/config/address.h"

#include <arpa/inet.h>

#include <array>

#include "lib/base/ascii.h"

namespace posthouse::config {
namespace {

bool is_ip(int family, const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return fail(ErrorCode::invalid, "must be host:port");
    const auto port = ascii::parse_number(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return fail(ErrorCode::invalid, "port must be 1 to 65535");

    std::string_view host = text.substr(0, colon);
    Endpoint endpoint{.host = std::string(host), .port = static_cast<std::uint16_t>(*port)};
    if (host == "*") return endpoint;
    if (host == "localhost") {
        endpoint.host = "127.0.0.1";
        return endpoint;
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        endpoint.host = std::string(host.substr(1, host.size() - 2));
        if (is_ip(AF_INET6, endpoint.host)) return endpoint;
        return fail(ErrorCode::invalid, "what stands in brackets must be an IPv6 address");
    }
    if (is_ip(AF_INET, endpoint.host)) return endpoint;
    if (is_ip(AF_INET6, endpoint.host)) return fail(ErrorCode::invalid, "an IPv6 address must stand in brackets");
    return fail(ErrorCode::invalid, "host must be an IP address, localhost or *");
}

Result<> check_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string ip(text.substr(0, slash));
    const bool ipv4 = is_ip(AF_INET, ip);
    if (!ipv4 && !is_ip(AF_INET6, ip)) return fail(ErrorCode::invalid, "must be an IP address, or one with /prefix");
    if (slash == std::string_view::npos) return {};
    const auto prefix = ascii::parse_number(text.substr(slash + 1));
    if (!prefix || *prefix > (ipv4 ? 32u : 128u))
        return fail(ErrorCode::invalid, ipv4 ? "prefix must be 0 to 32" : "prefix must be 0 to 128");
    return {};
}

Result<DatabaseHost> parse_database_host(std::string_view text, std::uint16_t default_port) {
    if (text.starts_with('/')) return DatabaseHost{{}, std::string(text), 0};
    DatabaseHost host{{}, {}, default_port};
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return fail(ErrorCode::invalid, "has no ]");
        host.name = text.substr(1, close - 1);
        port = text.substr(close + 1);
        if (!is_ip(AF_INET6, host.name))
            return fail(ErrorCode::invalid, "what stands in brackets must be an IPv6 address");
    } else {
        host.name = text.substr(0, text.find(':'));
        port = text.substr(host.name.size());
        if (port.find(':', 1) != std::string_view::npos)
            return fail(ErrorCode::invalid, "an IPv6 address must stand in brackets");
    }
    if (host.name.empty()) return fail(ErrorCode::invalid, "must be a host, or the path of a socket");
    if (port.empty()) return host;
    const auto number = port.starts_with(':') ? ascii::parse_number(port.substr(1)) : std::nullopt;
    if (!number || *number == 0 || *number > 65535) return fail(ErrorCode::invalid, "port must be 1 to 65535");
    host.port = static_cast<std::uint16_t>(*number);
    return host;
}

}  // namespace posthouse::config
