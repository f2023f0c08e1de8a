// The PROXY protocol, version 1 and 2 (haproxy's proxy-protocol.txt), as a listener behind a balancer receives it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/net/address.h"
#include "lib/net/stream.h"

namespace posthouse::net {

/// A parsed header: who the client really is, and how many bytes the header took.
struct ProxyHeader {
    bool local = false;  ///< a connection of the proxy itself (LOCAL, UNKNOWN): keep the socket's own addresses
    Address client;
    Address server;
    std::size_t size = 0;
};

/// The longest header that is accepted: 107 bytes in version 1; in version 2, 16 and at most 1,024 bytes of addresses
/// and TLVs.
inline constexpr std::size_t max_proxy_header = 16 + 1024;

/// Parses the start of a connection. nullopt: more bytes are needed. Errors: invalid.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes);
/// Reads a header off a stream and leaves what follows it. Errors: invalid, timeout, closed.
Async<Result<ProxyHeader>> read_proxy_header(Stream& stream, Deadline deadline);

}  // namespace posthouse::net
