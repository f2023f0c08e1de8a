// Asking for TLSA records.
#include "lib/dane/lookup.h"

#include <utility>

namespace posthouse::dane {
namespace {

Decision nothing(std::string reason) {
    Decision decision;
    decision.reason = std::move(reason);
    return decision;
}

}  // namespace

std::string tlsa_name(std::string_view base_domain, std::uint16_t port) {
    return "_" + std::to_string(port) + "._tcp." + std::string(base_domain);
}

net::Async<Decision> find(dns::Resolver& resolver, dns::HostAddresses host, bool mx_secure, std::uint16_t port,
                          net::Deadline deadline) {
    if (!resolver.validates()) co_return nothing("nothing is validated here");
    if (!mx_secure) co_return nothing("the MX records are not signed");
    if (!host.secure) {
        if (host.canonical == host.host) co_return nothing("the addresses are not signed");
        dns::Answer<std::string> alias = co_await resolver.cname(host.host, deadline);
        if (alias.failed()) {
            Decision decision = nothing("CNAME: " + alias.reason);
            decision.level = Level::defer;
            co_return decision;
        }
        if (!alias.secure()) co_return nothing("the addresses are not signed");
    } else if (host.canonical != host.host) {
        dns::Answer<dns::Tlsa> answer = co_await resolver.tlsa(tlsa_name(host.canonical, port), deadline);
        Decision decision = decide(answer, host.canonical);
        if (decision.level != Level::none) co_return decision;
    }
    dns::Answer<dns::Tlsa> answer = co_await resolver.tlsa(tlsa_name(host.host, port), deadline);
    co_return decide(answer, host.host);
}

}  // namespace posthouse::dane
