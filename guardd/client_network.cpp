// The client's network, as the key under which it is counted.
#include "guardd/client_network.h"

namespace posthouse::guard {

std::string client_network(std::string_view ip, const NetworkSizes& sizes) {
    const Result<net::Address> address = net::Address::from_ip(ip, 0);
    return address ? client_network(*address, sizes) : std::string();
}

std::string client_network(const net::Address& address, const NetworkSizes& sizes) {
    if (!address.is_ip()) return {};
    const bool ipv4 = address.family() == net::Address::Family::ipv4;
    return net::Network::around(address, ipv4 ? sizes.ipv4_prefix : sizes.ipv6_prefix).to_string();
}

}  // namespace posthouse::guard
