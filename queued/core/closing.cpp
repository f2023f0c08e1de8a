// Closing: journal, reports, rest.
#include "queued/core/closing.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lib/base/log.h"
#include "queued/core/targets.h"
#include "queued/core/telling.h"

namespace posthouse::queued {
namespace {

using spool::Event;
using spool::EventKind;

/// With the message's turn: runs `work` on a thread of the disk's pool.
template <typename F>
net::Async<std::invoke_result_t<F&>> with_entry(Parts& parts, Work& work, F function) {
    const Result<> turn = co_await work.turn.acquire(net::Deadline::never());
    if (!turn) co_return fail(turn.error());
    auto result = co_await parts.disk.run(std::move(function));
    work.turn.release();
    co_return result;
}

std::vector<spool::RecipientState> states_after(const Work& work, const std::vector<Event>& events) {
    std::vector<spool::RecipientState> states = work.entry->states();
    for (const Event& event : events) apply_event(event, states);
    return states;
}

/// `postmaster`: whom the report names for questions.
net::Async<Result<std::string>> write(Parts& parts, Work& work, const Notice& notice, const NoticeTargets& targets,
                                      const std::vector<spool::RecipientState>& states,
                                      const std::optional<Postmaster>& postmaster) {
    NoticeRules rules = parts.notice_rules();
    if (postmaster) rules.postmaster = postmaster->address.to_string();
    Result<std::string> id = co_await with_entry(parts, work, [&] {
        return write_notice(parts.incoming, *work.entry, states, notice, targets, rules, unix_now());
    });
    if (!id) co_return id;
    parts.counters.reports.add();
    tell_report(parts, work.entry->envelope(), notice, *id, states);
    log::write(log::Level::info, work.text(), notice.delayed ? "told of the delay" : "sender told",
               {{"report", *id}, {"to", notice.to.to_path()}, {"recipients", notice.recipients.size()}});
    co_return id;
}

/// The same for the postmaster, when the sender can't be told. Empty: not even the postmaster can be reached, or has
/// had enough of these today.
net::Async<Result<std::string>> tell_postmaster(Parts& parts, Work& work, std::vector<std::uint32_t> recipients,
                                                const std::vector<spool::RecipientState>& states) {
    Result<std::optional<Postmaster>> postmaster = co_await find_postmaster(parts);
    if (!postmaster) co_return fail(postmaster.error());
    if (!*postmaster) {
        log::write(log::Level::error, work.text(), "nobody is told that a message is lost: there is no postmaster",
                   {{"recipients", recipients.size()}});
        co_return std::string();
    }
    const std::int64_t limit = parts.daemon.config()->queued.double_bounce_day_limit;
    if (!parts.double_bounces.has_room(limit, unix_now())) {
        parts.double_bounces.leave_out();
        parts.counters.untold.add();
        log::write(log::Level::warning, work.text(), "nobody is told that a message is lost: too many today",
                   {{"limit", limit}, {"recipients", recipients.size()}});
        co_return std::string();
    }
    const Notice notice{.audience = Notice::Audience::postmaster,
                        .to = (*postmaster)->address,
                        .recipients = std::move(recipients),
                        .remark = parts.double_bounces.remark(limit, unix_now())};
    Result<std::string> id = co_await write(parts, work, notice, (*postmaster)->targets, states, *postmaster);
    if (id) parts.double_bounces.add(unix_now());
    co_return id;
}

/// Writes a notice to whom it is for; to the postmaster when there is no such sender. Empty: nobody was told, and
/// nobody needs to be.
net::Async<Result<std::string>> tell(Parts& parts, Work& work, const Notice& notice) {
    const std::vector<spool::RecipientState> states = work.entry->states();
    const auto targets = co_await find_targets(parts, notice.to.to_string());
    if (!targets) co_return fail(targets.error());
    Result<std::string> id = std::string();
    if (*targets) {
        const Result<std::optional<Postmaster>> postmaster = co_await find_postmaster(parts);
        if (!postmaster) co_return fail(postmaster.error());
        id = co_await write(parts, work, notice, **targets, states, *postmaster);
    } else if (!notice.delayed) {
        id = co_await tell_postmaster(parts, work, notice.recipients, states);
    }
    co_return id;
}

/// A failure that no sender is told of, because there is none.
std::vector<std::uint32_t> lost(const spool::Envelope& envelope, const std::vector<Event>& events) {
    std::vector<std::uint32_t> numbers;
    if (is_last_report(envelope)) return numbers;
    for (const Event& event : events) {
        if (event.kind != EventKind::bounced) continue;
        for (const std::uint32_t number : event.recipients) {
            const spool::Recipient& recipient = envelope.recipients[number];
            if (!(recipient.sender ? *recipient.sender : envelope.sender)) numbers.push_back(number);
        }
    }
    std::ranges::sort(numbers);
    return numbers;
}

void log_event(Parts& parts, const Work& work, const Event& event) {
    const spool::Envelope& envelope = work.entry->envelope();
    parts.counters.count(event.kind, event.recipients.size());
    tell_event(parts, envelope, event);
    const bool is_told_elsewhere = event.kind == EventKind::warned || event.kind == EventKind::notified;
    if (is_told_elsewhere || event.kind == EventKind::postponed) return;
    const bool had = event.kind == EventKind::delivered || event.kind == EventKind::relayed;
    const std::int64_t delay = std::max<std::int64_t>(0, event.at - envelope.arrived);
    for (const std::uint32_t number : event.recipients) {
        if (had) parts.counters.delay.observe(static_cast<double>(delay));
        log::write(had ? log::Level::info : log::Level::warning, work.text(), to_string(event.kind),
                   {{"to", envelope.recipients[number].address.to_path()},
                    {"from", smtp::to_path(envelope.sender)},
                    {"relay", event.remote},
                    {"delay", delay},
                    {"dsn", event.status},
                    {"reply", event.reply}});
    }
}

/// Into the journal, and only then into the log.
net::Async<Result<>> write_down(Parts& parts, Work& work, const std::vector<Event>& events) {
    if (events.empty()) co_return Result<>{};
    const Result<> recorded = co_await with_entry(parts, work, [&] { return work.entry->record(events); });
    if (!recorded) co_return recorded;
    for (const Event& event : events) log_event(parts, work, event);
    co_return recorded;
}

Event done(EventKind kind, const std::vector<std::uint32_t>& recipients) {
    return {.kind = kind, .at = unix_now(), .recipients = recipients};
}

/// Writes notices of these recipients, each followed by `kind` in the journal.
net::Async<Result<>> tell_all(Parts& parts, Work& work, std::vector<Notice> notices, EventKind kind, Closed& closed) {
    for (const Notice& notice : notices) {
        const Result<std::string> id = co_await tell(parts, work, notice);
        if (!id) co_return fail(id.error());
        if (!id->empty()) closed.written.push_back(*id);
        const Result<> recorded = co_await write_down(parts, work, {done(kind, notice.recipients)});
        if (!recorded) co_return recorded;
    }
    co_return Result<>{};
}

std::int64_t expiry_of(const spool::Envelope& envelope, const LifetimeRules& rules) {
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(backoff_for(envelope, rules).lifetime);
    return std::max(envelope.arrived, envelope.hold_until.value_or(0)) + lifetime.count();
}

}  // namespace

std::vector<Event> events_of(const Group& group, const Attempt& attempt) {
    using Key = std::tuple<EventKind, bool, std::string, std::string, std::string>;
    std::map<Key, Event> events;
    for (std::size_t i = 0; i < group.recipients.size(); ++i) {
        const Fate& fate = attempt.fates[i];
        const bool promised = fate.promise == spool::NoticePromise::yes;
        Event& event = events[{fate.kind, promised, fate.remote, fate.status, fate.reply}];
        event.kind = fate.kind;
        event.at = unix_now();
        event.recipients.push_back(group.recipients[i]);
        event.promise = fate.promise;
        event.remote = fate.remote;
        event.status = fate.status;
        event.reply = fate.reply;
    }
    std::vector<Event> result;
    for (auto& [key, event] : events) result.push_back(std::move(event));
    return result;
}

net::Async<Result<std::vector<std::string>>> record(Parts& parts, Work& work, std::vector<Event> events) {
    std::vector<std::string> written;
    const std::vector<std::uint32_t> untold = lost(work.entry->envelope(), events);
    if (!untold.empty()) {
        const Result<std::string> id = co_await tell_postmaster(parts, work, untold, states_after(work, events));
        if (!id) co_return fail(id.error());
        if (!id->empty()) written.push_back(*id);
    }
    const Result<> recorded = co_await write_down(parts, work, events);
    if (!recorded) co_return fail(recorded.error());
    co_return written;
}

net::Async<Result<Obeyed>> obey(Parts& parts, Work& work, const spool::Order& order) {
    using Kind = spool::Order::Kind;
    spool::Entry& entry = *work.entry;
    const bool is_due = std::ranges::any_of(entry.states(), &spool::RecipientState::is_due);
    Obeyed obeyed;
    if (order.kind == Kind::bounce) {
        Result<std::vector<std::string>> written =
            co_await record(parts, work, spool::given_up(entry, order.reason, unix_now()));
        if (!written) co_return fail(written.error());
        obeyed.written = *std::move(written);
        co_return obeyed;  // its sender is told at its closing
    }
    if (order.kind == Kind::hold && !is_due) co_return obeyed;
    const Event held{.kind = EventKind::held, .at = unix_now(), .reply = spool::by_hand(order.reason)};
    const Result<> made =
        co_await with_entry(parts, work, [&] { return order.kind == Kind::hold ? entry.hold(held) : entry.remove(); });
    if (!made) co_return fail(made.error());
    tell_order(parts, entry.envelope(), order);
    log::write(log::Level::info, work.text(), order.kind == Kind::hold ? "held" : "deleted",
               {{"reason", spool::by_hand(order.reason)}});
    obeyed.gone = true;
    co_return obeyed;
}

net::Async<Result<Closed>> close(Parts& parts, Work& work, schedule::Random& random) {
    Closed closed;
    const LifetimeRules rules = parts.lifetime_rules();
    spool::Entry& entry = *work.entry;
    const spool::Envelope& envelope = entry.envelope();

    const Result<> told_why = co_await write_down(parts, work, news(std::exchange(work.postponed, {}), entry.states()));
    if (!told_why) co_return fail(told_why.error());

    Result<std::vector<std::string>> given_up =
        co_await record(parts, work, expired(envelope, entry.states(), rules, unix_now()));
    if (!given_up) co_return fail(given_up.error());
    closed.written = *std::move(given_up);

    std::vector<Notice> owed = notices_for(envelope, notices_owed(envelope, entry.states()), false, 0);
    Result<> told = co_await tell_all(parts, work, std::move(owed), EventKind::notified, closed);
    if (!told) co_return fail(told.error());

    std::vector<Notice> delays = notices_for(envelope, warning_due(envelope, entry.states(), rules, unix_now()), true,
                                             expiry_of(envelope, rules));
    told = co_await tell_all(parts, work, std::move(delays), EventKind::warned, closed);
    if (!told) co_return fail(told.error());

    closed.due = due_again(envelope, entry.states(), rules, work.put_off, unix_now(), random);
    const Result<> moved =
        co_await with_entry(parts, work, [&] { return closed.due ? entry.defer(*closed.due) : entry.remove(); });
    if (!moved) co_return fail(moved.error());
    if (closed.due) tell_rest(parts, envelope, *closed.due);
    if (!closed.due) {
        tell_removed(parts, envelope);
        parts.counters.removed.add();
        log::write(log::Level::info, work.text(), "removed", {});
    }
    co_return closed;
}

}  // namespace posthouse::queued
