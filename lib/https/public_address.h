// Which addresses are somebody's on the internet, and which are of this network or of none.
#pragma once

#include "lib/net/address.h"

namespace posthouse::https {

/// False for the special-purpose addresses of RFC 6890 and its registries: this host, private networks, link-local,
/// documentation, multicast, and IPv6 outside 2000::/3. IPv4 inside of IPv6 (NAT64 of RFC 6052, 6to4) counts as that
/// IPv4 address.
bool is_public(const net::Address& address);

}  // namespace posthouse::https
