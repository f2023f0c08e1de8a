// What counts as one client: a whole IPv6 /64 belongs to one customer, an IPv4 address is counted by itself.
#pragma once

#include <string>
#include <string_view>

#include "lib/net/address.h"

namespace posthouse::guard {

/// How many bits of an address tell one client from another.
struct NetworkSizes {
    unsigned ipv4_prefix = 32;
    unsigned ipv6_prefix = 64;
};

/// "192.0.2.1" stays, "2001:db8::1" becomes "2001:db8::/64", "::ffff:192.0.2.1" becomes "192.0.2.1".
/// Empty when `ip` is no IP address.
std::string client_network(std::string_view ip, const NetworkSizes& sizes = {});
std::string client_network(const net::Address& address, const NetworkSizes& sizes = {});

}  // namespace posthouse::guard
