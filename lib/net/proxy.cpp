// The PROXY protocol: a line of text (version 1) or a binary header (version 2) before the first byte of a client.
#include "lib/net/proxy.h"

#include <vector>

#include "lib/base/ascii.h"

namespace posthouse::net {
namespace {

constexpr std::string_view signature_v2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t max_line_v1 = 107;

std::unexpected<Error> invalid(std::string_view why) {
    return fail(ErrorCode::invalid, "Invalid PROXY header", std::string(why));
}

Result<Address> parse_ip(std::string_view ip, std::string_view port, Address::Family family) {
    const auto number = ascii::parse_number(port);
    if (!number || *number > 65535) return invalid("port");
    Result<Address> address = Address::from_ip(ip, static_cast<std::uint16_t>(*number));
    if (!address || (family == Address::Family::ipv4) != (ip.find(':') == std::string_view::npos))
        return invalid("address");
    return address;
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n"
Result<std::optional<ProxyHeader>> parse_v1(std::string_view bytes) {
    const auto end = bytes.substr(0, max_line_v1).find("\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() >= max_line_v1) return invalid("line too long");
        return std::nullopt;
    }
    ProxyHeader header;
    header.size = end + 2;
    const std::vector<std::string_view> words = ascii::split(bytes.substr(0, end), ' ');
    if (words.size() >= 2 && words[1] == "UNKNOWN") {
        header.local = true;
        return header;
    }
    if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return invalid("syntax");
    const auto family = words[1] == "TCP4" ? Address::Family::ipv4 : Address::Family::ipv6;
    Result<Address> client = parse_ip(words[2], words[4], family);
    if (!client) return fail(client.error());
    Result<Address> server = parse_ip(words[3], words[5], family);
    if (!server) return fail(server.error());
    header.client = *client;
    header.server = *server;
    return header;
}

Address from_bytes(std::string_view ip, std::string_view port) {
    sockaddr_storage storage{};
    auto* raw = reinterpret_cast<char*>(&storage);
    // sockaddr_in: family, port, address at 4; sockaddr_in6: family, port, flow, address at 8.
    storage.ss_family = ip.size() == 4 ? AF_INET : AF_INET6;
    port.copy(raw + 2, 2);
    ip.copy(raw + (ip.size() == 4 ? 4 : 8), ip.size());
    return Address::from_sockaddr(storage, sizeof storage);
}

Result<std::optional<ProxyHeader>> parse_v2(std::string_view bytes) {
    if (bytes.size() < 16) return std::nullopt;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t length = static_cast<std::size_t>(at(14)) << 8 | at(15);
    if (at(12) >> 4 != 2) return invalid("version");
    if (16 + length > max_proxy_header) return invalid("too long");
    if (bytes.size() < 16 + length) return std::nullopt;
    ProxyHeader header;
    header.size = 16 + length;
    const int command = at(12) & 15;
    if (command > 1) return invalid("command");
    const std::string_view data = bytes.substr(16, length);
    const std::size_t ip = at(13) == 0x11 ? 4 : at(13) == 0x21 ? 16 : 0;
    if (command == 0 || ip == 0) {
        header.local = true;
        return header;
    }
    if (data.size() < 2 * ip + 4) return invalid("addresses");
    header.client = from_bytes(data.substr(0, ip), data.substr(2 * ip, 2));
    header.server = from_bytes(data.substr(ip, ip), data.substr(2 * ip + 2, 2));
    return header;
}

}  // namespace

Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes) {
    const auto starts = [&](std::string_view wanted) {
        return bytes.substr(0, wanted.size()) == wanted.substr(0, bytes.size());
    };
    if (starts(signature_v2)) {
        if (bytes.size() < signature_v2.size()) return std::nullopt;
        return parse_v2(bytes);
    }
    if (starts("PROXY ")) return parse_v1(bytes);
    return invalid("the connection does not begin with one");
}

Async<Result<ProxyHeader>> read_proxy_header(Stream& stream, Deadline deadline) {
    std::size_t seen = 0;
    for (;;) {
        Result<std::string_view> bytes = co_await stream.peek_more(seen, deadline);
        if (!bytes) co_return fail(bytes.error());
        seen = bytes->size();
        Result<std::optional<ProxyHeader>> header = parse_proxy_header(*bytes);
        if (!header) co_return fail(header.error());
        if (*header) {
            stream.consume((*header)->size);
            co_return **header;
        }
    }
}

}  // namespace posthouse::net
