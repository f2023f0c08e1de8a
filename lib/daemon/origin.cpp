// The originating address, and who may tell it.
#include "lib/daemon/origin.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "lib/base/ascii.h"

namespace posthouse::daemon {
namespace {

constexpr std::string_view ipv6_prefix = "IPV6:";

}  // namespace

bool may_tell_origin(const config::Config& config, const net::Address& peer) {
    return std::ranges::any_of(config.listen.origin_trusted_networks, [&](const std::string& text) {
        const Result<net::Network> network = net::Network::parse(text);
        return network && network->contains(peer);
    });
}

Result<net::Address> told_origin(std::string_view address, std::string_view port) {
    const bool marked = ascii::iequals(address.substr(0, ipv6_prefix.size()), ipv6_prefix);
    if (marked) address.remove_prefix(ipv6_prefix.size());
    std::uint16_t number = 0;
    if (!port.empty()) {
        const auto parsed = ascii::parse_number(port);
        if (!parsed || *parsed > std::numeric_limits<std::uint16_t>::max())
            return fail(ErrorCode::invalid, "That is no port");
        number = static_cast<std::uint16_t>(*parsed);
    }
    Result<net::Address> origin = net::Address::from_ip(address, number);
    if (origin && marked && !address.contains(':')) return fail(ErrorCode::invalid, "That is no IPv6 address");
    return origin;
}

}  // namespace posthouse::daemon
