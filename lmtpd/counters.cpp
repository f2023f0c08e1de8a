// Counters: what lmtpd counts for Prometheus.
#include "lmtpd/counters.h"

namespace posthouse::lmtpd {
namespace {

/// No domain has this name: it has no dot, and is not a host's.
constexpr std::string_view other_domains = "other";

metrics::Counter deliveries(metrics::Registry& registry, const char* result) {
    return registry.counter("posthouse_lmtp_deliveries_total", "Deliveries by LMTP, one for each recipient",
                            {{"result", result}});
}

metrics::Counter deliveries_to(metrics::Registry& registry, const std::string& domain, const char* result) {
    return registry.counter("posthouse_lmtp_domain_deliveries_total", "Deliveries by LMTP, by local domain",
                            {{"domain", domain}, {"result", result}});
}

}  // namespace

Counters::Counters(metrics::Registry& registry, std::size_t domains)
    : registry_(registry),
      domains_(domains),
      stored_(deliveries(registry, "stored")),
      repeated_(deliveries(registry, "repeated")),
      failed_(deliveries(registry, "failed")) {}

Counters::OfDomain& Counters::of(std::string_view domain) {
    auto found = by_domain_.find(domain);
    if (found == by_domain_.end()) {
        // The bound leaves one more place, for all others.
        const std::string name(by_domain_.size() < domains_ ? domain : other_domains);
        found = by_domain_.find(name);
        if (found == by_domain_.end()) {
            const OfDomain counters{deliveries_to(registry_, name, "stored"), deliveries_to(registry_, name, "failed"),
                                    registry_.counter("posthouse_lmtp_domain_bytes_total",
                                                      "Octets of messages stored, by local domain", {{"domain", name}})};
            found = by_domain_.emplace(name, counters).first;
        }
    }
    return found->second;
}

void Counters::delivery(std::string_view domain, Result result, std::uint64_t size) {
    if (result == Result::repeated) return repeated_.add();
    (result == Result::stored ? stored_ : failed_).add();
    if (domains_ == 0) return;
    OfDomain& counters = of(domain);
    if (result == Result::failed) return counters.failed.add();
    counters.stored.add();
    counters.bytes.add(static_cast<double>(size));
}

}  // namespace posthouse::lmtpd
