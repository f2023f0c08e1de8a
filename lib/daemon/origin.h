// Whose client a host acts for: a webmail, a proxy or a filter tells the address of who sits behind it, in IMAP's ID or
// in SMTP's XCLIENT. (The PROXY protocol tells it before the first byte: lib/net/proxy.h.)
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/net/address.h"

namespace posthouse::daemon {

/// Whether a host at `peer` is believed: config listen.origin_trusted_networks.
bool may_tell_origin(const config::Config& config, const net::Address& peer);

/// The client's address: an IP address, of IPv6 also as XCLIENT writes it ("IPV6:2001:db8::1"). `port` may be empty;
/// then it is 0, as unknown. Errors: invalid.
Result<net::Address> told_origin(std::string_view address, std::string_view port);

}  // namespace posthouse::daemon
