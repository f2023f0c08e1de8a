// KnownDomains: whether DNS knows the hosts and domains that clients name.
#pragma once

#include <optional>
#include <string>

#include "lib/daemon/daemon.h"
#include "lib/dns/resolver.h"
#include "lib/net/async.h"
#include "lib/net/event.h"

namespace posthouse::smtpd {

/// Asks DNS from the first question on; what was asked lately is known.
class KnownDomains {
  public:
    enum class Verdict {
        known,    ///< it has an MX, or itself an address
        null_mx,  ///< it takes no mail (RFC 7505)
        unknown,  ///< it has neither, or doesn't exist
        unsure,   ///< DNS doesn't answer
    };

    explicit KnownDomains(daemon::Daemon& frame) : daemon_(frame), changed_(frame.loop()) {}

    /// What DNS says of a domain, within dns.timeout.
    net::Async<Verdict> look_up(std::string domain);
    /// When nobody asks any more.
    net::Async<> stop();

  private:
    net::Async<dns::Resolver*> resolver();

    daemon::Daemon& daemon_;
    std::optional<dns::Resolver> resolver_;
    bool begun_ = false;
    bool ready_ = false;
    net::Event changed_;  ///< it is ready
};

}  // namespace posthouse::smtpd
