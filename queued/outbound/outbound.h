// Outbound: the way out of the queue to other servers, by SMTP and LMTP, and to lmtpd.
#pragma once

#include <memory>
#include <random>
#include <set>
#include <string>

#include "lib/dns/resolver.h"
#include "lib/mta-sts/policies.h"
#include "lib/net/pool.h"
#include "lib/tlsrpt/counters.h"
#include "queued/delivery/delivery.h"
#include "queued/outbound/connection_cache.h"
#include "queued/outbound/settings.h"

namespace posthouse::queued {

/// Routes of the kinds local, smtp and lmtp. How many deliveries go on, and to whom, is the scheduler's to say.
///
/// A destination's hosts are tried in their order (RFC 5321 §5.1), and of each its addresses, until one takes the
/// message or says no to it. Whoever says "not now" to a recipient is not gone around; whoever can't be talked to, or
/// says it to the sender or to the content, is, if there is another host.
class Outbound final : public Courier {
  public:
    /// All of it outlives this. `pool`: for work on whole messages. `policies`: nullptr, no MTA-STS.
    Outbound(net::Loop& loop, net::Pool& pool, dns::Resolver& resolver, mta_sts::Policies* policies,
             tlsrpt::Counters& counters, std::shared_ptr<const OutboundSettings> settings);
    Outbound(const Outbound&) = delete;
    Outbound& operator=(const Outbound&) = delete;
    /// Must be closed, and all deliveries must have ended.
    ~Outbound() override = default;

    net::Async<Attempt> deliver(const Route& route, const Parcel& parcel) override;
    net::Async<> close() override;

    /// For deliveries that begin from now on. None of them goes by a connection that was made under other settings.
    void use(std::shared_ptr<const OutboundSettings> settings);
    std::size_t idle_connections() const { return cache_.size(); }

  private:
    friend class Handover;
    std::size_t random(std::size_t below);

    net::Loop& loop_;
    net::Pool& pool_;
    dns::Resolver& resolver_;
    mta_sts::Policies* policies_;
    tlsrpt::Counters& counters_;
    std::shared_ptr<const OutboundSettings> settings_;
    ConnectionCache cache_;
    std::mt19937_64 random_;
    std::set<transfer::Conversation*> active_;
    bool closing_ = false;
};

}  // namespace posthouse::queued
