// Active: the messages that are being worked on.
#include "queued/core/active.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "queued/core/job.h"
#include "queued/core/moved.h"
#include "queued/core/telling.h"

namespace posthouse::queued {
namespace {

using schedule::MessageId;
using schedule::TimePoint;

/// Files that are opened at one time because they are due. What is being delivered is open beside them.
constexpr std::size_t max_opening = 64;
constexpr std::size_t max_odd_places = 10'000;
constexpr std::size_t max_asked = 1'000'000;
/// What the window remembers of waiting messages: 38 bytes each.
constexpr std::size_t window_capacity = 50'000;
/// After an error of the disk or the directory, until a message is looked at again.
constexpr std::chrono::seconds retry_pause{30};
/// While somebody else has the file open: smtpd, which is about to finish, or the command line.
constexpr std::chrono::seconds busy_pause{2};
/// The longest nap of the main loop: clocks that are set must not make it sleep for days.
constexpr std::chrono::seconds longest_nap{60};

TimePoint now() { return std::chrono::time_point_cast<schedule::Duration>(std::chrono::system_clock::now()); }

schedule::SchedulerLimits limits_from(const config::Config& config) {
    schedule::SchedulerLimits limits;
    limits.jobs = static_cast<std::size_t>(config.queued.active_limit);
    limits.running = static_cast<std::uint32_t>(config.queued.deliveries);
    limits.feedback.initial = static_cast<std::uint32_t>(config.queued.initial_destination_concurrency);
    return limits;
}

schedule::Random::result_type random_seed() {
    schedule::Random::result_type seed = 0;
    for (const char c : random_bytes(sizeof seed)) seed = seed << 8U | static_cast<unsigned char>(c);
    return seed;
}

/// It came with HOLDFOR= or HOLDUNTIL= (RFC 4865), and nobody has asked for it.
bool is_for_later(const Work& work) {
    return work.haste == Haste::due && work.entry->envelope().hold_until.value_or(0) > unix_now();
}

}  // namespace

Active::Active(Parts& parts)
    : parts_(parts),
      window_(window_capacity),
      scheduler_(
          limits_from(*parts.daemon.config()), [this](std::string_view name) { return limits_of(name); },
          random_seed()),
      random_(random_seed()),
      wake_(parts.daemon.loop()),
      scope_(parts.daemon.loop()),
      began_(unix_now()) {}

schedule::DestinationLimits Active::limits_of(std::string_view destination) const {
    const auto& queued = parts_.daemon.config()->queued;
    const bool local = destination == "local";
    return {.concurrency = static_cast<std::uint32_t>(local ? queued.local_destination_concurrency_limit
                                                            : queued.destination_concurrency_limit),
            .per_minute = static_cast<std::uint32_t>(local ? 0 : queued.destination_rate),
            .local = local};
}

// What is due is taken up, what the scheduler lets go is delivered, and so on until the daemon stops.

/// Wakes whoever naps when the daemon stops.
net::Async<> Active::wake_at_end(Active* active, net::Event* stopping) {
    while (!stopping->cancelled()) (void)co_await stopping->wait(net::Deadline::never());
    active->wake_.notify_all();
}

net::Async<> Active::run(net::Event& stopping) {
    scope_.spawn(&Active::wake_at_end, this, &stopping);
    while (!stopping.cancelled()) {
        const TimePoint time = now();
        take_put_off();
        take_asked();
        take_due(time);
        start_deliveries(time);
        measure();
        const Result<> woken = co_await wake_.wait(next_wake());
        (void)woken;  // whatever ended it, the state is looked at again
    }
    stopping_ = true;
    co_await scope_.join();
    co_await parts_.story.stop();
}

net::Deadline Active::next_wake() {
    const TimePoint time = now();
    TimePoint next = std::min(scheduler_.wake_at(), time + longest_nap);
    // The window's next one waits for room when there is none: whatever ends makes room, and wakes.
    if (has_room()) next = std::min(next, window_.next_due());
    return net::Deadline::in(std::max(next - time, schedule::Duration(1)));
}

void Active::measure() {
    parts_.counters.active.set(static_cast<double>(works_.size()));
    parts_.counters.running.set(scheduler_.running());
    parts_.counters.destinations.set(static_cast<double>(scheduler_.destinations()));
}

// A message is taken up

bool Active::has_room() const {
    const auto limit = static_cast<std::size_t>(parts_.daemon.config()->queued.active_limit);
    return opening_ < max_opening && scheduler_.jobs() + opening_ < limit;
}

void Active::take_due(TimePoint time) {
    while (has_room()) {
        const auto id = window_.take(time);
        if (!id) return;
        begin(*id, place_of(*id), Haste::due);
    }
}

void Active::take_asked() {
    while (has_room() && !asked_.empty()) {
        const MessageId id = asked_.front();
        asked_.pop_front();
        if (window_.claim(id))
            begin(id, place_of(id), Haste::all);
        else if (const auto working = works_.find(id); working != works_.end())
            working->second->asked = true;
    }
}

void Active::look_at(std::string_view text) {
    const auto id = schedule::message_id(text);
    if (!id || stopping_ || !window_.claim(*id)) return;  // whoever is being worked on is known
    // What comes faster than it can be opened waits in the window.
    if (has_room())
        begin(*id, place_of(*id), Haste::due);
    else
        window_.put_back(*id, window_.due(*id).value_or(TimePoint()));
}

void Active::flush(std::string_view text) {
    const auto id = schedule::message_id(text);
    if (!id || stopping_) return;
    if (asked_.size() >= max_asked) {
        log::warning("too many messages were asked for at one time: the others are tried when they are due", {});
        return;
    }
    asked_.push_back(*id);
    wake_.notify_all();
}

spool::Place Active::place_of(const MessageId& id) const {
    const std::string text(id.data(), id.size());
    if (const auto odd = odd_places_.find(id); odd != odd_places_.end()) return odd->second;
    const auto due =
        std::chrono::duration_cast<std::chrono::seconds>(window_.due(id).value_or(TimePoint()).time_since_epoch());
    const spool::Folder folder = due.count() == 0 ? spool::Folder::incoming : spool::Folder::deferred;
    return {folder, {text, due.count()}};
}

void Active::begin(const MessageId& id, spool::Place place, Haste haste) {
    std::unique_ptr<Work>& work = works_[id];
    work = std::make_unique<Work>(parts_.daemon.loop(), id);
    work->place = std::move(place);
    work->haste = haste;
    odd_places_.erase(id);
    ++opening_;
    scope_.spawn([](Active* active, Work* taken) { return active->open(*taken); }, this, work.get());
}

net::Async<> Active::open(Work& work) {
    const Result<> turn = co_await work.turn.acquire(net::Deadline::never());
    (void)turn;  // nobody cancels it
    Result<> opened = co_await open_entry(work, parts_.disk, parts_.spool);
    if (opened) opened = co_await settle(work);
    work.turn.release();
    if (opened && work.entry->place().folder == spool::Folder::hold) {
        --opening_;
        let_go(work);
        co_return;
    }
    if (opened && orders_.contains(work.id)) {
        --opening_;
        co_await finish(work);
        co_return;
    }
    if (opened && is_for_later(work)) {
        --opening_;
        rest(work, TimePoint(std::chrono::seconds(*work.entry->envelope().hold_until)));
        co_return;
    }
    Result<> sorted = opened;
    if (opened) sorted = co_await sort_out(work);
    --opening_;
    wake_.notify_all();
    if (!sorted) {
        try_later(work, sorted.error());
        co_return;
    }
    if (orders_.contains(work.id)) work.skip_waiting();
    start_deliveries(now());
    if (work.over()) {
        co_await finish(work);
    } else if (!work.running()) {
        work.entry.reset();  // its parts wait for their turn; until then others may open the file
    }
}

/// Whom it is for, and by which ways: those of its parts for which there is room now are given to the scheduler.
net::Async<Result<>> Active::sort_out(Work& work) {
    Plan plan = queued::plan(work.entry->envelope(), work.entry->states(), parts_.plan_rules(), work.haste, unix_now());
    if (!plan.decided.empty()) {
        const Result<std::vector<std::string>> kept = co_await record(parts_, work, std::move(plan.decided));
        if (!kept) co_return fail(kept.error());
        for (const std::string& id : *kept) look_at(id);
    }
    for (Group& group : plan.groups) work.parts.push_back({std::move(group)});
    admit(work, now());
    co_return Result<>{};
}

void Active::admit(Work& work, TimePoint time) {
    for (Work::Part& part : work.parts) {
        if (work.haste == Haste::all) scheduler_.revive(part.group.destination, time);
        const auto until = scheduler_.admit(job_of(work, part.group, parts_.lifetime_rules()), time);
        if (until) put_off(work, part, *until);
    }
}

// Deliveries

void Active::start_deliveries(TimePoint time) {
    while (!stopping_) {
        const auto start = scheduler_.next(time);
        if (!start) return;
        const auto found = works_.find(start->id);
        Work::Part* part = found == works_.end() ? nullptr : found->second->waiting_for(start->destination);
        if (part == nullptr) {  // dropped meanwhile
            scheduler_.finished(start->ticket, schedule::Outcome::cancelled, time);
            continue;
        }
        part->state = Work::State::running;
        part->since = unix_now();
        part->standing = {};
        scope_.spawn([](Active* active, Work* work, Work::Part* begun,
                        schedule::Ticket ticket) { return active->deliver(*work, *begun, ticket); },
                     this, found->second.get(), part, start->ticket);
    }
}

void Active::take_put_off() {
    for (const schedule::PutOff& job : scheduler_.take_put_off()) {
        const auto found = works_.find(job.id);
        Work::Part* part = found == works_.end() ? nullptr : found->second->waiting_for(job.destination);
        if (part == nullptr) continue;
        put_off(*found->second, *part, job.until);
        part_over(*found->second);
    }
}

/// It had no turn: there is no room for it now, or its destination is dead.
void Active::put_off(Work& work, Work::Part& part, TimePoint until) {
    part.state = Work::State::over;
    work.put_off_until(std::chrono::ceil<std::chrono::seconds>(until.time_since_epoch()).count());
    work.postponed.push_back(postponed(part.group, scheduler_.trouble(part.group.destination), unix_now()));
}

net::Async<> Active::deliver(Work& work, Work::Part& part, schedule::Ticket ticket) {
    Result<Attempt> result = co_await attempt(work, part);
    if (result && !result->fates.empty()) {
        const Fate& fate = result->fates.front();
        scheduler_.finished(ticket, result->outcome, now(), fate.status,
                            fate.remote.empty() ? fate.reply : fate.remote + ": " + fate.reply);
    } else {
        scheduler_.finished(ticket, schedule::Outcome::cancelled, now());
    }
    wake_.notify_all();
    Result<> kept;
    if (result)
        kept = co_await keep(work, part.group, *std::move(result));
    else
        kept = fail(result.error());
    if (!kept && !work.gone) {
        log::write(log::Level::error, work.text(), "cannot go on with a message", {{"error", kept.error().message()}});
        work.put_off_until(unix_now() + retry_pause.count());
    }
    part.state = Work::State::over;
    part_over(work);
}

/// What came since this process began was tried by no other; what this one tries is in the journal before it is tried
/// again. Clocks that are set: the beginning is when it is later, by the clock as it was then or as it is now.
bool Active::is_certainly_first(const Work& work, const Group& group) const {
    const spool::Envelope& envelope = work.entry->envelope();
    const std::int64_t time = unix_now();
    const auto running = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began_steadily_);
    const std::int64_t began = std::max(began_, time - running.count());
    return envelope.untried && envelope.arrived > began && envelope.arrived <= time &&
           std::ranges::all_of(group.recipients,
                               [&](std::uint32_t number) { return work.entry->states()[number].deferrals == 0; });
}

net::Async<Result<Attempt>> Active::attempt(Work& work, Work::Part& part) {
    const Result<> turn = co_await work.turn.acquire(net::Deadline::never());
    (void)turn;  // nobody cancels it
    const Result<> opened = co_await open_entry(work, parts_.disk, parts_.spool);
    work.turn.release();
    if (!opened) co_return fail(opened.error());
    // While it waited for its turn the file was free.
    Group& group = part.group;
    std::erase_if(group.recipients, [&](std::uint32_t number) { return !work.entry->states()[number].is_due(); });
    if (group.recipients.empty()) co_return Attempt{};
    EntrySource source(work, parts_.disk);
    const Parcel parcel{.envelope = work.entry->envelope(),
                        .recipients = group.recipients,
                        .content = source,
                        .certainly_first = is_certainly_first(work, group),
                        .standing = &part.standing};
    tell_attempt(parts_, *work.entry, group);
    Attempt result = co_await parts_.courier.deliver(group.route, parcel);
    result = co_await deliver_to_moved(parts_, group.route, parcel, std::move(result));
    co_return result;
}

/// What a delivery told is lost when it can't be written: who has the message would get it again. So it is tried until
/// the disk takes it, or the daemon stops.
net::Async<Result<>> Active::keep(Work& work, const Group& group, Attempt result) {
    const std::vector<spool::Event> events = events_of(group, result);
    for (;;) {
        Result<std::vector<std::string>> kept = co_await record(parts_, work, events);
        if (kept) {
            for (const std::string& id : *kept) look_at(id);
            co_return Result<>{};
        }
        log::write(log::Level::error, work.text(), "cannot write down what became of recipients, trying again",
                   {{"error", kept.error().message()}});
        const Result<> pause = co_await parts_.daemon.stopping().wait(net::Deadline::in(std::chrono::seconds(1)));
        if (!pause && pause.error().code == ErrorCode::cancelled) co_return fail(kept.error());
    }
}

// The end of a message's turn

void Active::part_over(Work& work) {
    if (!work.over()) {
        if (!work.running()) work.entry.reset();
        return;
    }
    scope_.spawn([](Active* active, Work* ended) { return active->finish(*ended); }, this, &work);
}

net::Async<> Active::finish(Work& work) {
    work.closing = true;
    const Result<> turn = co_await work.turn.acquire(net::Deadline::never());
    (void)turn;  // nobody cancels it
    Result<> opened = co_await open_entry(work, parts_.disk, parts_.spool);
    if (opened) opened = co_await settle(work);
    work.turn.release();
    if (!opened) {
        try_later(work, opened.error());
        co_return;
    }
    Result<bool> gone = work.entry->place().folder == spool::Folder::hold;
    if (!*gone) gone = co_await obey(work);
    if (!gone) {
        try_later(work, gone.error());
        co_return;
    }
    if (*gone) {
        let_go(work);
        co_return;
    }
    const Result<Closed> closed = co_await close(parts_, work, random_);
    if (!closed) {
        try_later(work, closed.error());
        co_return;
    }
    const MessageId id = work.id;
    if (closed->due)
        window_.put_back(id, TimePoint(std::chrono::seconds(*closed->due)));
    else
        window_.forget(id);
    if (closed->due && work.asked) asked_.push_back(id);
    works_.erase(id);
    for (const std::string& report : closed->written) look_at(report);
    wake_.notify_all();
}

/// Does what an administrator has ordered meanwhile, if somebody is still due. True: the message is no longer queued's.
net::Async<Result<bool>> Active::obey(Work& work) {
    const auto given = orders_.find(work.id);
    if (given == orders_.end()) co_return false;
    const spool::Order order = given->second;
    const Result<Obeyed> obeyed = co_await queued::obey(parts_, work, order);
    if (!obeyed) co_return fail(obeyed.error());
    orders_.erase(work.id);
    for (const std::string& report : obeyed->written) look_at(report);
    co_return obeyed->gone;
}

bool Active::order(std::string_view text, spool::Order order) {
    const auto id = schedule::message_id(text);
    const auto working = id ? works_.find(*id) : works_.end();
    if (working == works_.end() || working->second->closing) return false;
    Work& work = *working->second;
    orders_[*id] = std::move(order);
    if (work.skip_waiting() && work.over()) part_over(work);  // else whoever uses the file now does it
    return true;
}

std::vector<Active::Attempting> Active::attempts() const {
    std::vector<Attempting> all;
    for (const auto& [id, work] : works_)
        for (const Work::Part& part : work->parts)
            if (part.state == Work::State::running)
                all.push_back({work->text(), part.since, part.group.destination, part.standing, part.group.recipients});
    return all;
}

void Active::has_doubles(const std::string& text, std::vector<spool::Place> places) {
    const auto id = schedule::message_id(text);
    if (!id || stopping_) return;
    spool::Place place = places.front();
    doubles_[*id] = std::move(places);
    if (!window_.claim(*id)) return;  // it is being worked on: at its end
    if (has_room())
        begin(*id, std::move(place), Haste::due);
    else
        window_.put_back(*id, TimePoint(std::chrono::seconds(place.name.due)));
}

/// With the turn, and the entry open. Another file of the message may be the one that counts: one that is held, too.
net::Async<Result<>> Active::settle(Work& work) {
    const auto known = doubles_.find(work.id);
    if (known == doubles_.end()) co_return Result<>{};
    const std::vector<spool::Place> places = known->second;
    Result<> settled = co_await parts_.disk.run([&] { return parts_.spool.settle(*work.entry, places); });
    work.place = work.entry->place();
    if (settled) doubles_.erase(work.id);
    co_return settled;
}

/// The message is no longer queued's.
void Active::let_go(Work& work) {
    const MessageId id = work.id;
    window_.forget(id);
    orders_.erase(id);
    doubles_.erase(id);
    works_.erase(id);
    wake_.notify_all();
}

void Active::try_later(Work& work, const Error& error) {
    if (work.gone) {
        if (error.code == ErrorCode::invalid) parts_.counters.damaged.add();
        let_go(work);
        return;
    }
    const bool busy = error.code == ErrorCode::busy;
    if (!busy) log::write(log::Level::error, work.text(), "a queued message has to wait", {{"error", error.message()}});
    rest(work, now() + (busy ? schedule::Duration(busy_pause) : schedule::Duration(retry_pause)));
}

/// Leaves the file where it is, whatever time its name tells.
void Active::rest(Work& work, TimePoint until) {
    const MessageId id = work.id;
    if (odd_places_.size() >= max_odd_places) odd_places_.clear();
    odd_places_[id] = work.place;
    window_.put_back(id, until);
    if (work.asked) asked_.push_back(id);
    works_.erase(id);
    wake_.notify_all();
}

void Active::revive(std::string_view destination) {
    scheduler_.revive(destination, now());
    wake_.notify_all();
}

}  // namespace posthouse::queued
