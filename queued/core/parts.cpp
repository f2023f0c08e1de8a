// Parts: rules out of the configuration.
#include "queued/core/parts.h"

#include <ctime>
#include <utility>

#include "queued/outbound/configure.h"

namespace posthouse::queued {

Parts::Parts(daemon::Daemon& frame, spool::Spool opened, spool::Incoming open_incoming, Courier& way_out)
    : daemon(frame),
      disk(frame.loop(), static_cast<std::size_t>(frame.config()->queued.threads)),
      spool(std::move(opened)),
      incoming(std::move(open_incoming)),
      directory(frame.loop(), frame.config()->listen.socketmap),
      courier(way_out),
      counters(frame.metrics()),
      story(frame) {}

PlanRules Parts::plan_rules() const {
    const config::Snapshot config = daemon.config();
    PlanRules rules;
    rules.backoff = lifetime_rules().backoff;
    if (Result<std::string> host = relayhost(*config)) rules.relayhost = *std::move(host);  // bad ones were told of
    rules.recipients_at_once = static_cast<std::size_t>(config->queued.destination_recipient_limit);
    return rules;
}

LifetimeRules Parts::lifetime_rules() const {
    const auto& queued = daemon.config()->queued;
    LifetimeRules rules;
    rules.backoff.first = queued.minimal_backoff_time;
    rules.backoff.longest = queued.maximal_backoff_time;
    rules.backoff.lifetime = queued.maximal_queue_lifetime;
    rules.backoff.warn_after = queued.delay_warning_time;
    rules.bounce_lifetime = queued.bounce_queue_lifetime;
    return rules;
}

NoticeRules Parts::notice_rules() const {
    const config::Snapshot config = daemon.config();
    const std::string& postmaster = config->directory.postmaster;
    return {.hostname = config->general.hostname,
            .postmaster = postmaster.empty() ? "postmaster@" + config->general.hostname : postmaster,
            .bounce_size_limit = config->queued.bounce_size_limit};
}

std::int64_t unix_now() { return std::time(nullptr); }

}  // namespace posthouse::queued
