// TlsReports: what is counted of TLS with other servers, kept over restarts, and sent each day to those domains that
// ask for it (RFC 8460).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/dns/resolver.h"
#include "lib/https/request.h"
#include "lib/net/event.h"
#include "lib/tlsrpt/counters.h"
#include "lib/tlsrpt/period.h"
#include "queued/core/parts.h"
#include "queued/core/tls_report_sender.h"

namespace posthouse::queued {

struct TlsReportsSettings {
    std::string folder;                       ///< of the files
    https::Settings https{};                  ///< for https: destinations
    std::chrono::seconds save_interval{300};  ///< a crash loses what was counted for so long
    std::function<std::int64_t()> clock{};    ///< seconds since 1970; empty: the system's
};

/// Of the loop's thread. A period is a UTC day; its reports leave some time within the four hours after it, each server
/// at a time of its own. Whom nobody can be sent to is tried again each hour, for a day. A report by mail lies in the
/// queue, then it is sent; nobody is told when that fails, and no policy of TLS holds it up (RFC 8460 §3).
class TlsReports {
  public:
    TlsReports(Parts& parts, dns::Resolver& resolver, tlsrpt::Counters& counters, TlsReportsSettings settings);

    /// Counts, saves and sends until `stopping` is cancelled, and saves.
    net::Async<> run(net::Event& stopping);
    /// Sends what is owed now; `all`: also of the day that isn't over, whose counting begins anew.
    void send_now(bool all);
    /// Messages that lie in the queue; called with their ids.
    std::function<void(const std::string& id)> on_mail{};

  private:
    std::int64_t now() const;
    bool enabled() const;
    std::int64_t sending_time(std::int64_t day) const;
    net::Async<> begin();
    net::Async<> turn_over(std::int64_t time);
    net::Async<> save();
    net::Async<> send_owed(net::Event& stopping);
    static net::Async<> send_some(TlsReports* self, tlsrpt::Period* period, std::vector<std::string>* domains,
                                  net::Event* stopping);

    Parts& parts_;
    tlsrpt::Counters& counters_;
    const TlsReportsSettings settings_;
    const tlsrpt::PeriodFiles files_;
    TlsReportSender sender_;
    net::Event wake_;
    std::int64_t start_ = 0;   ///< of the period that is counted now
    std::uint64_t saved_ = 0;  ///< counters_.counted() then
    std::int64_t saved_at_ = 0;
    std::vector<tlsrpt::Period> owed_;  ///< ended, with domains that have no report yet; the oldest first
    std::int64_t retry_at_ = 0;
    bool asked_ = false;  ///< send_now
    bool asked_all_ = false;
};

}  // namespace posthouse::queued
