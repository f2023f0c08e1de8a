// WayOut: outbound mail and what it asks.
#include "queued/core/way_out.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/log.h"
#include "lib/dns/configure.h"
#include "lib/net/address.h"
#include "queued/core/parts.h"
#include "queued/outbound/configure.h"

namespace posthouse::queued {
namespace {

/// For policies that are fetched, and for messages that are made fit for a server.
constexpr std::size_t threads = 4;
/// MTA-STS policies that no longer hold are removed so often, and at the start.
constexpr std::chrono::hours clean_interval{24};

bool needs_dns(const Hop& hop) {
    if (hop.unix_socket) return false;
    return hop.find_mx || !net::Address::from_ip(hop.host, 1);
}

}  // namespace

Result<std::unique_ptr<WayOut>> WayOut::make(daemon::Daemon& daemon) {
    const config::Snapshot config = daemon.config();
    Result<dns::Settings> dns = dns::settings_of(*config);
    if (!dns) return fail(dns.error());
    Result<OutboundSettings> settings = outbound_settings(*config);
    if (!settings) return fail(settings.error());
    return std::unique_ptr<WayOut>(new WayOut(daemon, *std::move(dns), *std::move(settings)));
}

WayOut::WayOut(daemon::Daemon& daemon, dns::Settings dns, OutboundSettings settings)
    : daemon_(daemon),
      pool_(daemon.loop(), threads),
      resolver_(daemon.loop(), std::move(dns)),
      policies_(daemon.loop(), pool_, resolver_, policies_settings(*daemon.config())),
      outbound_(daemon.loop(), pool_, resolver_, &policies_, counters_,
                std::make_shared<const OutboundSettings>(std::move(settings))),
      changed_(daemon.loop()) {}

net::Async<> WayOut::run(net::Event& stopping) {
    const Result<> started = co_await resolver_.start();
    if (!started) log::error("DNS can't be asked", {{"error", started.error().message()}});
    asks_ = true;
    changed_.notify_all();
    while (!stopping.cancelled()) {
        const std::size_t removed = co_await policies_.remove_expired(unix_now());
        if (removed > 0) log::info("removed MTA-STS policies that no longer hold", {{"files", removed}});
        (void)co_await stopping.wait(net::Deadline::in(clean_interval));
    }
    while (running_ > 0) (void)co_await changed_.wait(net::Deadline::never());
    co_await resolver_.stop();
}

net::Async<> WayOut::asking() {
    while (!asks_) (void)co_await changed_.wait(net::Deadline::never());
}

net::Async<Attempt> WayOut::deliver(const Route& route, const Parcel& parcel) {
    ++running_;
    if (std::ranges::any_of(route.hops, needs_dns)) co_await asking();
    Attempt attempt = co_await outbound_.deliver(route, parcel);
    --running_;
    changed_.notify_all();
    co_return attempt;
}

net::Async<> WayOut::close() { co_await outbound_.close(); }

void WayOut::reloaded() {
    Result<OutboundSettings> settings = outbound_settings(*daemon_.config());
    if (!settings) {
        log::error("outbound mail goes on with the old settings", {{"error", settings.error().message()}});
        return;
    }
    policies_.believe(daemon_.config()->outbound.tls_ca_file);
    outbound_.use(std::make_shared<const OutboundSettings>(*std::move(settings)));
}

}  // namespace posthouse::queued
