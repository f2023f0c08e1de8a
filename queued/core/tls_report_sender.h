// TlsReportSender: sends a domain's TLS report to the places that it names (RFC 8460 §3): into the queue, or by HTTPS.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lib/dns/resolver.h"
#include "lib/https/request.h"
#include "lib/net/pool.h"
#include "lib/tlsrpt/period.h"
#include "lib/tlsrpt/record.h"
#include "lib/tlsrpt/report.h"
#include "queued/core/parts.h"

namespace posthouse::queued {

/// Of the loop's thread; may send several at one time.
class TlsReportSender {
  public:
    enum class Sent {
        yes,       ///< one place has it at least
        unwanted,  ///< the domain asks for none
        later,     ///< it could not be sent now
    };

    /// `clock`: seconds since 1970.
    TlsReportSender(Parts& parts, dns::Resolver& resolver, https::Settings https, std::function<std::int64_t()> clock);

    /// What was counted of that domain in that period, which has it. A report by mail lies in the queue, then it is
    /// sent; written once more, it is the same message.
    net::Async<Sent> send(const tlsrpt::Period& period, std::string domain);
    /// Messages that lie in the queue; called with their ids.
    std::function<void(const std::string& id)> on_mail{};

  private:
    net::Async<bool> mail(const tlsrpt::Report& report, std::optional<smtp::Mailbox> from, smtp::Mailbox to);
    net::Async<bool> post(const tlsrpt::Report& report, std::string url);
    tlsrpt::Report report_of(const tlsrpt::Period& period, const std::string& domain,
                             const std::optional<smtp::Mailbox>& from) const;
    net::Async<std::optional<smtp::Mailbox>> contact();

    Parts& parts_;
    dns::Resolver& resolver_;
    const https::Settings https_;
    const std::function<std::int64_t()> clock_;
    net::Pool posting_;
};

}  // namespace posthouse::queued
