// Aftermath: arithmetic of times and fates.
#include "queued/core/aftermath.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <tuple>

#include "lib/dsn/notify.h"

namespace posthouse::queued {
namespace {

using schedule::TimePoint;
using spool::EventKind;

TimePoint at(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

/// Whole seconds, rounded up: a file's name has no smaller ones.
std::int64_t seconds(TimePoint time) {
    return std::chrono::ceil<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// When its life begins: what was held back for a while lives from then.
TimePoint birth(const spool::Envelope& envelope) {
    return at(std::max(envelope.arrived, envelope.hold_until.value_or(0)));
}

/// Tried for the last time, or never reached its turn in all its life.
bool is_expired(const spool::RecipientState& state, const schedule::Backoff& backoff, TimePoint born, TimePoint now) {
    if (!state.is_due()) return false;
    const TimePoint end = backoff.expiry(born);
    return state.deferrals == 0 ? now >= end + backoff.longest : at(state.last_try) >= end;
}

}  // namespace

schedule::Backoff backoff_for(const spool::Envelope& envelope, const LifetimeRules& rules) {
    schedule::Backoff backoff = rules.backoff;
    if (!envelope.sender) backoff.lifetime = std::min(backoff.lifetime, rules.bounce_lifetime);
    if (!envelope.deliver_by) return backoff;
    const auto left =
        std::max(std::chrono::duration_cast<schedule::Duration>(at(envelope.deliver_by->at) - birth(envelope)),
                 schedule::Duration::zero());
    if (envelope.deliver_by->mode == spool::DeliverBy::Mode::return_message)
        backoff.lifetime = std::min(backoff.lifetime, left);
    else
        backoff.warn_after =
            backoff.warn_after > schedule::Duration::zero() ? std::min(backoff.warn_after, left) : left;
    return backoff;
}

std::vector<spool::Event> expired(const spool::Envelope& envelope, std::span<const spool::RecipientState> states,
                                  const LifetimeRules& rules, std::int64_t now) {
    const schedule::Backoff backoff = backoff_for(envelope, rules);
    std::map<std::tuple<std::string, std::string, std::string>, spool::Event> events;
    for (std::uint32_t number = 0; number < states.size(); ++number) {
        const spool::RecipientState& state = states[number];
        if (!is_expired(state, backoff, birth(envelope), at(now))) continue;
        spool::Event& event = events[{state.remote, state.status, state.reply}];
        event.kind = EventKind::bounced;
        event.at = now;
        event.recipients.push_back(number);
        event.remote = state.remote;
        event.status = state.status.empty() ? "4.4.7" : state.status;
        event.reply = state.reply;
    }
    std::vector<spool::Event> result;
    for (auto& [key, event] : events) result.push_back(std::move(event));
    return result;
}

spool::Event postponed(const Group& group, const std::optional<schedule::Trouble>& trouble, std::int64_t now) {
    spool::Event event{.kind = EventKind::postponed, .at = now, .recipients = group.recipients};
    if (!trouble) {
        event.status = "4.4.5";
        event.reply = "waits for its turn";
        return event;
    }
    const std::time_t since = std::chrono::floor<std::chrono::seconds>(trouble->since.time_since_epoch()).count();
    std::tm parts{};
    ::gmtime_r(&since, &parts);
    char text[32];
    const std::string time(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts));
    event.status = trouble->status;
    event.reply = group.destination + " not reachable since " + time + ": " + trouble->reason;
    return event;
}

std::vector<spool::Event> news(std::vector<spool::Event> events, std::span<const spool::RecipientState> states) {
    for (spool::Event& event : events) {
        std::erase_if(event.recipients, [&](std::uint32_t number) {
            const spool::RecipientState& state = states[number];
            return !state.is_due() || state.deferrals > 0 || state.reply == event.reply;
        });
    }
    std::erase_if(events, [](const spool::Event& event) { return event.recipients.empty(); });
    return events;
}

std::optional<std::int64_t> due_again(const spool::Envelope& envelope, std::span<const spool::RecipientState> states,
                                      const LifetimeRules& rules, std::int64_t put_off, std::int64_t now,
                                      schedule::Random& random) {
    const schedule::Backoff backoff = backoff_for(envelope, rules);
    const TimePoint born = birth(envelope);
    std::optional<std::int64_t> due;
    const auto consider = [&](std::int64_t time) { due = due ? std::min(*due, time) : time; };
    // All recipients that failed as often get one time, or each would pull the message out of its rest by itself.
    std::map<std::uint32_t, std::int64_t> by_deferrals;
    for (const spool::RecipientState& state : states) {
        if (!state.is_due()) continue;
        if (state.deferrals == 0) {
            consider(put_off > 0 ? put_off : now);
            continue;
        }
        std::int64_t& last_try = by_deferrals[state.deferrals];
        last_try = std::max(last_try, state.last_try);
    }
    for (const auto& [deferrals, last_try] : by_deferrals)
        if (const auto next = backoff.next_attempt(born, deferrals, at(last_try), random)) consider(seconds(*next));
    if (due) due = std::max(*due, now + 1);
    return due;
}

std::vector<std::uint32_t> warning_due(const spool::Envelope& envelope, std::span<const spool::RecipientState> states,
                                       const LifetimeRules& rules, std::int64_t now) {
    std::vector<std::uint32_t> late;
    const schedule::Backoff backoff = backoff_for(envelope, rules);
    const bool asked = envelope.deliver_by && envelope.deliver_by->mode == spool::DeliverBy::Mode::notify;
    for (std::uint32_t number = 0; number < states.size(); ++number) {
        const spool::RecipientState& state = states[number];
        const spool::Recipient& recipient = envelope.recipients[number];
        const smtp::ReversePath& sender = recipient.sender ? *recipient.sender : envelope.sender;
        const bool wanted = asked ? !recipient.notify || *recipient.notify != smtp::DsnNotify{}
                                  : dsn::is_wanted(dsn::Action::delayed, recipient.notify);
        const bool is_late = state.is_due() && (state.deferrals > 0 || state.postponed());
        if (sender && wanted && is_late && backoff.warning_due(birth(envelope), state.warned, at(now)))
            late.push_back(number);
    }
    return late;
}

std::vector<std::uint32_t> notices_owed(const spool::Envelope& envelope,
                                        std::span<const spool::RecipientState> states) {
    std::vector<std::uint32_t> owed;
    for (std::uint32_t number = 0; number < states.size(); ++number)
        if (owes_notice(envelope, envelope.recipients[number], states[number])) owed.push_back(number);
    return owed;
}

}  // namespace posthouse::queued
