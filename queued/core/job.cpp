// Job: who sends it, what it costs, how long it lives.
#include "queued/core/job.h"

#include <algorithm>
#include <chrono>

namespace posthouse::queued {
namespace {

/// Who shares fairly (schedule::Job::sender): a user, else the domain of whoever sends, else the client.
std::string fairness_key(const spool::Envelope& envelope) {
    if (!envelope.client.user.empty()) return "user:" + envelope.client.user;
    if (envelope.sender) return "domain:" + envelope.sender->domain;
    return "client:" + envelope.client.address;
}

std::uint32_t cost_of(const Group& group, std::uint64_t octets) {
    constexpr std::uint64_t unit = 1u << 20;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(group.recipients.size() + octets / unit, schedule::Job::max_cost));
}

}  // namespace

schedule::Job job_of(const Work& work, const Group& group, const LifetimeRules& rules) {
    const spool::Envelope& envelope = work.entry->envelope();
    const std::int64_t begins = std::max(envelope.arrived, envelope.hold_until.value_or(0));
    return {.id = work.id,
            .destination = group.destination,
            .sender = fairness_key(envelope),
            .priority = envelope.priority,
            .cost = cost_of(group, work.entry->message_bytes()),
            .expiry = backoff_for(envelope, rules).expiry(schedule::TimePoint(std::chrono::seconds(begins)))};
}

}  // namespace posthouse::queued
