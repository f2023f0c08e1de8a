// Which addresses are public.
#include "lib/https/public_address.h"

#include <algorithm>
#include <string>
#include <vector>

namespace posthouse::https {
namespace {

std::vector<net::Network> networks(std::initializer_list<std::string_view> texts) {
    std::vector<net::Network> parsed;
    for (const std::string_view text : texts) parsed.push_back(net::Network::parse(text).value());
    return parsed;
}

bool within(const std::vector<net::Network>& list, const net::Address& address) {
    return std::ranges::any_of(list, [&](const net::Network& network) { return network.contains(address); });
}

/// The IPv4 address in four of the bytes.
net::Address embedded(std::string_view bytes, std::size_t at) {
    std::string text;
    for (std::size_t i = at; i < at + 4; ++i)
        text += (text.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(bytes[i]));
    return net::Address::from_ip(text, 0).value();
}

}  // namespace

bool is_public(const net::Address& address) {
    static const std::vector<net::Network> special = networks(
        {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
         "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
         "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20"});
    static const std::vector<net::Network> global = networks({"2000::/3"});
    static const std::vector<net::Network> nat64 = networks({"64:ff9b::/96"});
    static const std::vector<net::Network> six_to_four = networks({"2002::/16"});
    if (!address.is_ip()) return false;
    if (within(nat64, address)) return is_public(embedded(address.bytes(), 12));
    if (within(six_to_four, address)) return is_public(embedded(address.bytes(), 2));
    if (within(special, address)) return false;
    return address.family() == net::Address::Family::ipv4 || within(global, address);
}

}  // namespace posthouse::https
