// TlsReports: days that end, and those whose reports are owed.
#include "queued/core/tls_reports.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/log.h"

namespace posthouse::queued {
namespace {

constexpr std::int64_t day = 86'400;
/// After a day's end: that not all senders of the world come at midnight (RFC 8460 §4.1).
constexpr std::int64_t spread = 4 * 3600;
/// Whom nothing could be sent to is tried again so often, until so long after the period's end.
constexpr std::int64_t retry_pause = 3600;
constexpr std::int64_t patience = 2 * day;
/// Domains that are looked up and sent to at one time.
constexpr int at_once = 8;
constexpr std::chrono::seconds longest_nap{60};

}  // namespace

TlsReports::TlsReports(Parts& parts, dns::Resolver& resolver, tlsrpt::Counters& counters, TlsReportsSettings settings)
    : parts_(parts),
      counters_(counters),
      settings_(std::move(settings)),
      files_(settings_.folder),
      sender_(parts, resolver, settings_.https, [this] { return now(); }),
      wake_(parts.daemon.loop()) {
    sender_.on_mail = [this](const std::string& id) {
        if (on_mail) on_mail(id);
    };
}

std::int64_t TlsReports::now() const { return settings_.clock ? settings_.clock() : unix_now(); }

bool TlsReports::enabled() const { return parts_.daemon.config()->outbound.tls_reports; }

/// When the reports of a day leave: always the same time after its end, another on each server.
std::int64_t TlsReports::sending_time(std::int64_t of_day) const {
    const std::string hash = blake2b("TLS reports of " + parts_.daemon.config()->general.hostname);
    std::uint32_t number = 0;
    std::memcpy(&number, hash.data(), sizeof number);
    return of_day + day + static_cast<std::int64_t>(number % spread);
}

void TlsReports::send_now(bool all) {
    asked_ = true;
    asked_all_ = asked_all_ || all;
    wake_.notify_all();
}

net::Async<> TlsReports::run(net::Event& stopping) {
    parts_.daemon.background().spawn(
        [](net::Event* end, net::Event* wake) -> net::Async<> {
            while (!end->cancelled()) (void)co_await end->wait(net::Deadline::never());
            wake->notify_all();
        },
        &stopping, &wake_);
    co_await begin();
    while (!stopping.cancelled()) {
        const std::int64_t time = now();
        if (!enabled()) {
            (void)counters_.take();
            saved_ = counters_.counted();
        }
        if (tlsrpt::day_of(time) > tlsrpt::day_of(start_) || std::exchange(asked_all_, false)) co_await turn_over(time);
        const bool asked = std::exchange(asked_, false);
        const bool is_time =
            !owed_.empty() && time >= retry_at_ && time >= sending_time(tlsrpt::day_of(owed_.front().start));
        if (enabled() && (asked || is_time)) co_await send_owed(stopping);
        if (time - saved_at_ >= settings_.save_interval.count()) co_await save();
        if (stopping.cancelled() || asked_) continue;
        const Result<> woken = co_await wake_.wait(net::Deadline::in(longest_nap));
        (void)woken;  // whatever ended it, the state is looked at again
    }
    co_await save();
}

/// Goes on where an earlier process was.
net::Async<> TlsReports::begin() {
    start_ = now();
    saved_at_ = start_;
    Result<std::vector<tlsrpt::Period>> known = co_await parts_.disk.run([this] { return files_.load(); });
    if (!known) {
        log::error("what was counted for TLS reports can't be read", {{"error", known.error().message()}});
        co_return;
    }
    for (tlsrpt::Period& period : *known) {
        if (period.end == 0 && tlsrpt::day_of(period.start) == tlsrpt::day_of(start_)) {
            start_ = period.start;
            tlsrpt::Domains since = counters_.take();
            counters_.resume(std::move(period.domains));
            counters_.resume(std::move(since));
            continue;
        }
        if (period.end == 0) period.end = tlsrpt::day_of(period.start) + day - 1;
        owed_.push_back(std::move(period));
    }
}

/// The period ends, and the next one begins.
net::Async<> TlsReports::turn_over(std::int64_t time) {
    tlsrpt::Period ended{
        .start = start_, .end = std::min(time, tlsrpt::day_of(start_) + day - 1), .domains = counters_.take()};
    saved_ = counters_.counted();
    saved_at_ = time;
    start_ = std::max(time, ended.end + 1);
    if (const Result<> saved = co_await parts_.disk.run([&] { return files_.save(ended); }); !saved)
        log::error("what was counted for TLS reports can't be saved", {{"error", saved.error().message()}});
    if (!ended.domains.empty()) owed_.push_back(std::move(ended));
}

net::Async<> TlsReports::save() {
    saved_at_ = now();
    if (counters_.counted() == saved_) co_return;
    saved_ = counters_.counted();
    const tlsrpt::Period period{.start = start_, .end = 0, .domains = counters_.domains()};
    const Result<> saved = co_await parts_.disk.run([&] { return files_.save(period); });
    if (!saved) log::error("what was counted for TLS reports can't be saved", {{"error", saved.error().message()}});
}

net::Async<> TlsReports::send_owed(net::Event& stopping) {
    for (tlsrpt::Period& period : owed_) {
        std::vector<std::string> domains;
        for (const auto& [domain, results] : period.domains) domains.push_back(domain);
        net::Scope sending(parts_.daemon.loop());
        for (int i = 0; i < at_once; ++i) sending.spawn(&TlsReports::send_some, this, &period, &domains, &stopping);
        co_await sending.join();
        if (!period.domains.empty() && now() >= period.end + patience) {
            log::warning("TLS reports could not be sent in time", {{"domains", period.domains.size()}});
            parts_.counters.tls_given_up.add(static_cast<double>(period.domains.size()));
            period.domains.clear();
        }
        const Result<> saved = co_await parts_.disk.run([&] { return files_.save(period); });
        if (!saved) log::error("what was sent of TLS reports can't be saved", {{"error", saved.error().message()}});
    }
    std::erase_if(owed_, [](const tlsrpt::Period& period) { return period.domains.empty(); });
    retry_at_ = now() + retry_pause;
}

net::Async<> TlsReports::send_some(TlsReports* self, tlsrpt::Period* period, std::vector<std::string>* domains,
                                   net::Event* stopping) {
    while (!domains->empty() && !stopping->cancelled()) {
        std::string domain = std::move(domains->back());
        domains->pop_back();
        const TlsReportSender::Sent sent = co_await self->sender_.send(*period, domain);
        if (sent != TlsReportSender::Sent::later) period->domains.erase(domain);
    }
}

}  // namespace posthouse::queued
