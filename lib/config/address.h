// Addresses and networks as they stand in the configuration: checked here, opened by the supervisor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::config {

/// A listener's "host:port".
struct Endpoint {
    std::string host;  ///< an IPv4 address, an IPv6 address without brackets, or "*" (all addresses of both families)
    std::uint16_t port = 0;
};

/// "192.0.2.1:25", "[2001:db8::1]:25", "localhost:2525" (127.0.0.1) or "*:25". Errors: invalid, with the reason.
Result<Endpoint> parse_endpoint(std::string_view text);
/// "192.0.2.0/24", "2001:db8::/32" or one address. Errors: invalid, with the reason.
Result<> check_network(std::string_view text);

/// Where a database server is.
struct DatabaseHost {
    std::string name;    ///< host name or address
    std::string socket;  ///< path of a Unix socket; then the rest says nothing
    std::uint16_t port = 0;
};

/// "db.example.org", "192.0.2.1:3307", "[2001:db8::1]:3306" or "/run/mysqld/mysqld.sock". Errors: invalid, with the
/// reason.
Result<DatabaseHost> parse_database_host(std::string_view text, std::uint16_t default_port = 3306);

}  // namespace posthouse::config
