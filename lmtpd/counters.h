// Counters: what lmtpd counts for Prometheus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "lib/metrics/metrics.h"

namespace posthouse::lmtpd {

class Counters {
  public:
    /// So many domains are counted by name, the first that get mail; all others are `other`. 0: none is.
    Counters(metrics::Registry& registry, std::size_t domains);

    enum class Result { stored, repeated, failed };
    /// One recipient of a message of `size` octets, whose mailbox lies in `domain`.
    void delivery(std::string_view domain, Result result, std::uint64_t size);

  private:
    struct OfDomain {
        metrics::Counter stored;
        metrics::Counter failed;
        metrics::Counter bytes;
    };
    OfDomain& of(std::string_view domain);

    metrics::Registry& registry_;
    std::size_t domains_;
    std::map<std::string, OfDomain, std::less<>> by_domain_;
    metrics::Counter stored_;
    metrics::Counter repeated_;
    metrics::Counter failed_;
};

}  // namespace posthouse::lmtpd
