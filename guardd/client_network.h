// What counts as one client: a whole IPv6 /64 belongs to one customer, an IPv4 address is counted by itself.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::guard {

/// "192.0.2.1" stays, "2001:db8::1" becomes "2001:db8::/64", "::ffff:192.0.2.1" becomes "192.0.2.1".
/// Empty when `ip` is no IP address.
std::string client_network(std::string_view ip);

}  // namespace posthouse::guard
