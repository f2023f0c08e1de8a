// Counters: what queued tells of itself on /metrics.
#pragma once

#include "lib/metrics/metrics.h"
#include "queued/spool/event.h"

namespace posthouse::queued {

struct Counters {
    metrics::Counter delivered, relayed, deferred, bounced;  ///< recipients, by what became of them
    metrics::Counter reports;                                ///< notices written
    metrics::Counter untold;                                 ///< double bounces that were one too many
    metrics::Counter removed;                                ///< messages of which nothing was left to do
    metrics::Counter damaged;                                ///< files put aside
    metrics::Counter tls_mailed, tls_posted;                 ///< TLS reports that were sent, by the way they took
    metrics::Counter tls_given_up;                           ///< TLS reports that could not be sent in time
    metrics::Histogram delay;                                ///< seconds from arrival until a recipient had it
    metrics::Gauge incoming, waiting, held;                  ///< messages by folder, when it was read last
    metrics::Gauge active;                                   ///< messages that are being worked on
    metrics::Gauge running;                                  ///< deliveries
    metrics::Gauge destinations;                             ///< of which something is known
    metrics::Gauge free_bytes;                               ///< of the spool's file system

    explicit Counters(metrics::Registry& registry);
    /// Of so many recipients.
    void count(spool::EventKind kind, std::size_t recipients);
};

}  // namespace posthouse::queued
