// Outbound: begins and ends deliveries.
#include "queued/outbound/outbound.h"

#include <utility>

#include "queued/outbound/handover.h"

namespace posthouse::queued {

Outbound::Outbound(net::Loop& loop, net::Pool& pool, dns::Resolver& resolver, mta_sts::Policies* policies,
                   tlsrpt::Counters& counters, std::shared_ptr<const OutboundSettings> settings)
    : loop_(loop),
      pool_(pool),
      resolver_(resolver),
      policies_(policies),
      counters_(counters),
      settings_(std::move(settings)),
      cache_(loop, settings_->connection_idle, settings_->connection_cache),
      random_(std::random_device{}()) {}

net::Async<Attempt> Outbound::deliver(const Route& route, const Parcel& parcel) {
    Handover handover(*this, route, parcel);
    Attempt attempt = co_await handover.run();
    co_return attempt;
}

net::Async<> Outbound::close() {
    closing_ = true;
    for (transfer::Conversation* conversation : active_) {
        if (!conversation->content_begun()) conversation->cancel();
    }
    co_await cache_.close();
}

void Outbound::use(std::shared_ptr<const OutboundSettings> settings) {
    settings_ = std::move(settings);
    cache_.clear();
    cache_.set_limits(settings_->connection_idle, settings_->connection_cache);
}

std::size_t Outbound::random(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
}

}  // namespace posthouse::queued
