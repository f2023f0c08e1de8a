// The resolver's settings out of the configuration.
#include "lib/dns/configure.h"

#include <utility>

#include "lib/config/address.h"

namespace posthouse::dns {

Result<Settings> settings_of(const config::Config& config) {
    Settings out;
    for (const std::string& server : config.dns.servers) {
        const Result<config::Endpoint> endpoint = config::parse_endpoint(server);
        if (!endpoint || endpoint->host == "*")
            return fail(ErrorCode::invalid, "dns.servers: " + server + " is no server");
        Result<net::Address> address = net::Address::from_ip(endpoint->host, endpoint->port);
        if (!address) return fail(ErrorCode::invalid, "dns.servers: " + address.error().text);
        out.forwarders.push_back(*std::move(address));
    }
    out.trust_anchor_file = config.dns.trust_anchor_file;
    out.require_dnssec = config.dns.require_dnssec;
    out.cache_bytes = static_cast<std::size_t>(config.dns.cache_size);
    return out;
}

}  // namespace posthouse::dns
