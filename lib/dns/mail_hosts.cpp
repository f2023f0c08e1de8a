// Who takes a domain's mail.
#include "lib/dns/mail_hosts.h"

#include <algorithm>
#include <utility>

#include "lib/dns/name.h"
#include "lib/smtp/address.h"

namespace posthouse::dns {
namespace {

/// The failure of a query, as it is told to people.
std::string why(Dnssec dnssec) {
    return dnssec == Dnssec::bogus ? "DNSSEC validation of its DNS records fails" : "its DNS servers do not answer";
}

std::unexpected<smtp::Reply> unknown_yet(std::string_view name, Dnssec dnssec) {
    return smtp::refuse(451, "4.4.3", "Cannot look up " + std::string(name) + " now: " + why(dnssec));
}

std::unexpected<smtp::Reply> loop(std::string_view name) {
    return smtp::refuse(554, "5.4.6", "Mail for " + std::string(name) + " loops back to this host");
}

/// The usable exchanges, each once with its best preference.
std::vector<MailHost> usable_hosts(const std::vector<Mx>& records) {
    std::vector<MailHost> hosts;
    for (const Mx& mx : records)
        if (smtp::is_domain(mx.exchange)) hosts.push_back({mx.exchange, mx.preference});
    std::ranges::sort(hosts, {}, [](const MailHost& host) { return std::pair(host.name, host.preference); });
    const auto repeated = std::ranges::unique(hosts, {}, &MailHost::name);
    hosts.erase(repeated.begin(), repeated.end());
    return hosts;
}

/// By preference; those of one preference in random order (Fisher and Yates).
void order(std::vector<MailHost>& hosts, const Random& random) {
    std::ranges::sort(hosts, {}, [](const MailHost& host) { return std::pair(host.preference, host.name); });
    for (auto first = hosts.begin(); first != hosts.end();) {
        const auto last = std::find_if(first, hosts.end(),
                                       [&](const MailHost& host) { return host.preference != first->preference; });
        for (auto left = last - first; left > 1; --left)
            std::iter_swap(first + (left - 1),
                           first + static_cast<std::ptrdiff_t>(random(static_cast<std::size_t>(left))));
        first = last;
    }
}

bool is_own(std::string_view name, const MailHostRules& rules) {
    return std::ranges::any_of(rules.own_names, [&](const std::string& own) { return same_name(own, name); });
}

std::string canonical_name(const std::string& host, const Answer<net::Address>& ipv6,
                           const Answer<net::Address>& ipv4) {
    for (const Answer<net::Address>* family : {&ipv4, &ipv6})
        if (family->outcome == Outcome::records && !family->name.empty()) return family->name;
    return host;
}

}  // namespace

smtp::Parsed<MailHosts> select_mail_hosts(const Answer<Mx>& answer, std::string_view domain, const MailHostRules& rules,
                                          const Random& random) {
    MailHosts found;
    found.domain = answer.name.empty() ? normal_name(domain) : answer.name;
    found.secure = answer.secure();
    switch (answer.outcome) {
        case Outcome::failed: return unknown_yet(domain, answer.dnssec);
        case Outcome::no_name:
            return smtp::refuse(550, "5.1.2", "The domain " + std::string(domain) + " does not exist");
        case Outcome::no_data:
            if (is_own(found.domain, rules) || is_own(domain, rules)) return loop(domain);
            found.hosts.push_back({found.domain, 0});
            found.implicit = true;
            return found;
        case Outcome::records: break;
    }
    if (answer.records.size() == 1 && answer.records.front().exchange.empty())
        return smtp::refuse(556, "5.1.10", "The domain " + std::string(domain) + " does not accept mail");
    found.hosts = usable_hosts(answer.records);
    if (found.hosts.empty())
        return smtp::refuse(550, "5.4.4", "No MX record of " + std::string(domain) + " names a host");
    order(found.hosts, random);
    const auto own = std::ranges::find_if(found.hosts, [&](const MailHost& host) { return is_own(host.name, rules); });
    if (own != found.hosts.end()) {
        const std::uint16_t limit = own->preference;
        std::erase_if(found.hosts, [limit](const MailHost& host) { return host.preference >= limit; });
        if (found.hosts.empty()) return loop(domain);
    }
    if (found.hosts.size() > rules.max_hosts) found.hosts.resize(rules.max_hosts);
    return found;
}

smtp::Parsed<HostAddresses> select_addresses(std::string_view host, const Answer<net::Address>& ipv6,
                                             const Answer<net::Address>& ipv4, const AddressRules& rules) {
    HostAddresses found;
    found.host = normal_name(host);
    found.canonical = canonical_name(found.host, ipv6, ipv4);
    // A query that failed takes nothing from what the other says: else whoever suppresses one switches DANE off.
    const auto insecure = [](const Answer<net::Address>& family) { return !family.failed() && !family.secure(); };
    found.secure =
        (ipv6.secure() || ipv4.secure()) && !(rules.ipv6 && insecure(ipv6)) && !(rules.ipv4 && insecure(ipv4));
    bool own = false;
    const std::size_t longer = std::max(ipv6.records.size(), ipv4.records.size());
    for (std::size_t i = 0; i < longer; ++i) {
        for (const Answer<net::Address>* family : {&ipv6, &ipv4}) {
            if (i >= family->records.size() || found.addresses.size() >= rules.max_addresses) continue;
            Result<net::Address> address = net::Address::from_ip(family->records[i].ip(), rules.port);
            if (!address || std::ranges::find(found.addresses, *address) != found.addresses.end()) continue;
            if (std::ranges::any_of(rules.own, [&](const net::Address& a) { return a.bytes() == address->bytes(); })) {
                own = true;
                continue;
            }
            found.addresses.push_back(std::move(*address));
        }
    }
    if (!found.addresses.empty()) return found;
    if (own) return loop(host);
    for (const Answer<net::Address>* family : {&ipv6, &ipv4})
        if (family->failed()) return unknown_yet(host, family->dnssec);
    return smtp::refuse(550, "5.4.4", "The mail host " + std::string(host) + " has no address");
}

net::Async<smtp::Parsed<MailHosts>> find_mail_hosts(Resolver& resolver, std::string domain, MailHostRules rules,
                                                    Random random, net::Deadline deadline) {
    Answer<Mx> answer = co_await resolver.mx(domain, deadline);
    co_return select_mail_hosts(answer, domain, rules, random);
}

net::Async<smtp::Parsed<HostAddresses>> find_addresses(Resolver& resolver, std::string host, AddressRules rules,
                                                       net::Deadline deadline) {
    Answer<net::Address> none;
    none.outcome = Outcome::no_data;
    Answer<net::Address> ipv6 = none;
    Answer<net::Address> ipv4 = none;
    if (rules.ipv6) ipv6 = co_await resolver.aaaa(host, deadline);
    if (rules.ipv4) ipv4 = co_await resolver.a(host, deadline);
    co_return select_addresses(host, ipv6, ipv4, rules);
}

}  // namespace posthouse::dns
