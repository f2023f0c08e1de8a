// WayOut: outbound mail with all that it asks: DNS, policies, counts for TLS reports; as the configuration says.
#pragma once

#include <memory>

#include "lib/daemon/daemon.h"
#include "lib/dns/resolver.h"
#include "lib/mta-sts/policies.h"
#include "lib/net/event.h"
#include "lib/net/pool.h"
#include "lib/tlsrpt/counters.h"
#include "queued/delivery/delivery.h"
#include "queued/outbound/outbound.h"

namespace posthouse::queued {

/// Of the loop's thread. Deliveries that need DNS wait until it is known how to ask; all others begin at once.
class WayOut final : public Courier {
  public:
    /// Errors: invalid, not_found, denied: settings that can't be used; the text names the parameter.
    static Result<std::unique_ptr<WayOut>> make(daemon::Daemon& daemon);

    /// Begins to ask DNS, and ends that when `stopping` is cancelled and all deliveries are over. Meanwhile it removes
    /// MTA-STS policies that no longer hold, each day.
    net::Async<> run(net::Event& stopping);
    net::Async<Attempt> deliver(const Route& route, const Parcel& parcel) override;
    net::Async<> close() override;
    /// Takes the settings as they are now; those that can't be used are told in the log, and the old ones stay.
    void reloaded();
    /// Returns once DNS can be asked, or it is known that it can't be.
    net::Async<> asking();
    dns::Resolver& resolver() { return resolver_; }
    tlsrpt::Counters& tls_counters() { return counters_; }

  private:
    WayOut(daemon::Daemon& daemon, dns::Settings dns, OutboundSettings settings);

    daemon::Daemon& daemon_;
    net::Pool pool_;
    dns::Resolver resolver_;
    mta_sts::Policies policies_;
    tlsrpt::Counters counters_;
    Outbound outbound_;
    net::Event changed_;  ///< asking DNS has begun, or a delivery has ended
    bool asks_ = false;
    std::size_t running_ = 0;
};

}  // namespace posthouse::queued
