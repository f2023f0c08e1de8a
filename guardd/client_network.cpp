// The client's network, as the key under which it is counted.
#include "guardd/client_network.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "lib/net/address.h"

namespace posthouse::guard {

std::string client_network(std::string_view ip) {
    const Result<net::Address> address = net::Address::from_ip(ip, 0);
    if (!address) return {};
    if (address->family() == net::Address::Family::ipv4) return address->ip();
    in6_addr network{};
    std::memcpy(&network, address->bytes().data(), 8);  // the first 64 of 128 bits
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET6, &network, text.data(), text.size()) == nullptr) return {};
    return std::string(text.data()) + "/64";
}

}  // namespace posthouse::guard
