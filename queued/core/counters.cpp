// Counters: names for Prometheus.
#include "queued/core/counters.h"

namespace posthouse::queued {
namespace {

metrics::Counter deliveries(metrics::Registry& registry, const char* result) {
    return registry.counter("posthouse_queue_recipients_total", "Recipients, by what became of them in an attempt",
                            {{"result", result}});
}

metrics::Gauge messages(metrics::Registry& registry, const char* folder) {
    return registry.gauge("posthouse_queue_messages", "Messages in the queue, by folder, some seconds ago",
                          {{"folder", folder}});
}

metrics::Counter tls_reports(metrics::Registry& registry, const char* result) {
    return registry.counter("posthouse_tls_reports_total", "TLS reports to other domains, by what became of them",
                            {{"result", result}});
}

}  // namespace

Counters::Counters(metrics::Registry& registry)
    : delivered(deliveries(registry, "delivered")),
      relayed(deliveries(registry, "relayed")),
      deferred(deliveries(registry, "deferred")),
      bounced(deliveries(registry, "bounced")),
      reports(registry.counter("posthouse_queue_reports_total", "Delivery status notifications written")),
      untold(
          registry.counter("posthouse_queue_double_bounces_untold_total",
                           "Lost messages that nobody was told of, as the postmaster had enough such reports today")),
      removed(
          registry.counter("posthouse_queue_removed_total", "Messages that left the queue: nothing was left to do")),
      damaged(registry.counter("posthouse_queue_damaged_total", "Damaged queue files put aside into corrupt/")),
      tls_mailed(tls_reports(registry, "mailed")),
      tls_posted(tls_reports(registry, "posted")),
      tls_given_up(tls_reports(registry, "given up")),
      delay(registry.histogram("posthouse_queue_delay_seconds", "From a message's arrival until a recipient had it",
                               {0.1, 0.5, 1, 5, 30, 120, 600, 3600, 21600, 86400})),
      incoming(messages(registry, "incoming")),
      waiting(messages(registry, "deferred")),
      held(messages(registry, "hold")),
      active(registry.gauge("posthouse_queue_active", "Messages that are being worked on")),
      running(registry.gauge("posthouse_queue_deliveries", "Deliveries that go on now")),
      destinations(registry.gauge("posthouse_queue_destinations", "Destinations of which something is remembered")),
      free_bytes(registry.gauge("posthouse_queue_free_bytes", "Free space of the spool's file system")) {}

void Counters::count(spool::EventKind kind, std::size_t recipients) {
    const auto amount = static_cast<double>(recipients);
    switch (kind) {
        case spool::EventKind::delivered: return delivered.add(amount);
        case spool::EventKind::relayed: return relayed.add(amount);
        case spool::EventKind::deferred: return deferred.add(amount);
        case spool::EventKind::bounced: return bounced.add(amount);
        default: return;
    }
}

}  // namespace posthouse::queued
