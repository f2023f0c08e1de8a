// Who takes a domain's mail (RFC 5321 §5.1): its MX hosts in the order in which they are tried, and their addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dns/records.h"
#include "lib/dns/resolver.h"
#include "lib/smtp/reply.h"

namespace posthouse::dns {

/// A random number from 0 to `below` - 1.
using Random = std::function<std::size_t(std::size_t below)>;

struct MailHost {
    std::string name;
    std::uint16_t preference = 0;
    bool operator==(const MailHost&) const = default;
};

struct MailHosts {
    std::vector<MailHost> hosts;  ///< at least one; the first is tried first
    std::string domain;           ///< where CNAMEs of the domain lead, or the domain itself
    bool implicit = false;        ///< the domain itself is its host, because it has no MX
    bool secure = false;          ///< DNSSEC vouches for the list
};

struct MailHostRules {
    std::vector<std::string> own_names{};  ///< of this host: mail that came to it goes to better hosts only
    std::size_t max_hosts = 20;            ///< to be tried
};

/// The hosts of an answer to a query for MX: by preference, those of one preference in random order, at most
/// `rules.max_hosts`. No MX: the domain itself. This host in the list cuts off itself and whatever is no better than
/// it. Exchanges that are no host names are left out. The reply is for the sender: 451 4.4.3 (no answer, or a bogus
/// one), 550 5.1.2 (no such domain), 556 5.1.10 (null MX, RFC 7505 §4.2), 554 5.4.6 (this host is the best: a loop),
/// 550 5.4.4 (nothing but senseless names).
smtp::Parsed<MailHosts> select_mail_hosts(const Answer<Mx>& answer, std::string_view domain, const MailHostRules& rules,
                                          const Random& random);

/// Where a host is.
struct HostAddresses {
    std::string host;                     ///< as in the MX record
    std::string canonical;                ///< where its CNAMEs lead
    std::vector<net::Address> addresses;  ///< the first is tried first
    bool secure = false;                  ///< DNSSEC vouches for the addresses, and for all CNAMEs
};

struct AddressRules {
    std::uint16_t port = 25;
    bool ipv4 = true;
    bool ipv6 = true;
    std::size_t max_addresses = 8;
    std::vector<net::Address> own{};  ///< of this host (the port doesn't matter): left out
};

/// The addresses of both families by turns, IPv6 first, at most `rules.max_addresses`, each once. What one family's
/// query failed to tell is no harm when the other has addresses. Errors: 451 4.4.3 (a query failed, and no
/// address is known), 550 5.4.4 (there is no address), 554 5.4.6 (this host's only).
smtp::Parsed<HostAddresses> select_addresses(std::string_view host, const Answer<net::Address>& ipv6,
                                             const Answer<net::Address>& ipv4, const AddressRules& rules);

/// Asks for the domain's MX, and selects.
net::Async<smtp::Parsed<MailHosts>> find_mail_hosts(Resolver& resolver, std::string domain, MailHostRules rules,
                                                    Random random, net::Deadline deadline);
/// Asks for a host's addresses, and selects.
net::Async<smtp::Parsed<HostAddresses>> find_addresses(Resolver& resolver, std::string host, AddressRules rules,
                                                       net::Deadline deadline);

}  // namespace posthouse::dns
