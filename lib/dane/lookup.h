// Asking DNS for the TLSA records of a mail host, in the order of names that RFC 7672 wants.
#pragma once

#include <cstdint>

#include "lib/dane/decision.h"
#include "lib/dns/mail_hosts.h"
#include "lib/dns/resolver.h"

namespace posthouse::dane {

/// What holds for `host`, a host of a domain whose MX records are `mx_secure` (or are none, securely). Whoever has no
/// secure addresses is not asked for TLSA records, since servers that can't answer such queries are found there
/// (RFC 7672 §2.2.2); unless only the end of its CNAMEs is insecure and the alias itself is secure. The name at the end
/// of secure CNAMEs is asked first, then the host's own. Level `defer` when one of the queries fails.
net::Async<Decision> find(dns::Resolver& resolver, dns::HostAddresses host, bool mx_secure, std::uint16_t port,
                          net::Deadline deadline);

/// "_25._tcp.mx.example.org" (RFC 6698 §3).
std::string tlsa_name(std::string_view base_domain, std::uint16_t port);

}  // namespace posthouse::dane
