// Scheduler: what is in memory: jobs that are admitted or put off, and what is remembered of destinations and senders.
#include <algorithm>
#include <utility>

#include "queued/schedule/scheduler.h"

namespace posthouse::schedule {
namespace {

/// Jobs for one destination that a sender may have in memory even when others have filled what is the destination's
/// share: so many, or this part of what is free; and the part of memory that is left for other things then.
constexpr std::size_t kAlwaysInFlow = 4;
constexpr std::size_t kFlowShare = 16;
constexpr std::size_t kReserve = 8;

}  // namespace

Scheduler::Destination& Scheduler::destination_of(std::string_view name) {
    std::string key(name);
    const auto known = destinations_.find(key);
    if (known == destinations_.end()) {
        const auto made = destinations_.try_emplace(std::move(key), limits_.feedback, limits_of_(name)).first;
        made->second.name = made->first;
        return made->second;
    }
    Destination& destination = known->second;
    if (destination.idle) idle_destinations_.erase(*destination.idle);
    destination.idle.reset();
    return destination;
}

Scheduler::Sender& Scheduler::sender_of(const Job& job) {
    const Class priority = job.priority < 0 ? low : job.priority > 0 ? high : normal;
    std::string key(1, static_cast<char>('0' + priority));
    key += job.sender;
    const auto [found, is_new] = senders_.try_emplace(std::move(key));
    Sender& sender = found->second;
    if (is_new) {
        sender.name = found->first;
        sender.priority = priority;
    }
    if (sender.idle) idle_senders_.erase(*sender.idle);
    sender.idle.reset();
    return sender;
}

bool Scheduler::has_room(const Destination& destination, const Sender& sender, std::size_t in_flow) const {
    if (jobs_ >= limits_.jobs) return false;
    const std::size_t room = limits_.jobs - jobs_;
    if (destination.jobs < room && sender.jobs < room) return true;
    return in_flow < std::max(kAlwaysInFlow, room / kFlowShare) && room > limits_.jobs / kReserve;
}

std::optional<TimePoint> Scheduler::admit(const Job& job, TimePoint now) {
    Destination& destination = destination_of(job.destination);
    Sender& sender = sender_of(job);
    const auto known = flows_.find({&sender, &destination});
    const std::size_t in_flow = known == flows_.end() ? 0 : known->second.jobs;
    if (destination.pace.dead(now) || !has_room(destination, sender, in_flow)) {
        const TimePoint until = put_off_until(sender, destination, job.expiry, now);
        rest(sender, now);
        rest(destination, now);
        return until;
    }
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    Slot& slot = slots_[number];
    slot.id = job.id;
    slot.expiry = job.expiry;
    slot.sender = &sender;
    slot.destination = &destination;
    slot.next = kNone;
    slot.cost = static_cast<std::uint8_t>(std::clamp<std::uint32_t>(job.cost, 1, Job::max_cost));
    slot.running = false;
    ++jobs_;
    ++sender.jobs;
    ++destination.jobs;

    Flow& flow = flows_[{&sender, &destination}];
    (flow.last == kNone ? flow.first : slots_[flow.last].next) = number;
    flow.last = number;
    ++flow.jobs;
    if (flow.list != nullptr) return std::nullopt;
    flow.sender = &sender;
    flow.destination = &destination;
    if (destination.parked[sender.priority].empty() && open(destination, now)) {
        make_ready(flow);
    } else {
        park(flow, now);
    }
    return std::nullopt;
}

TimePoint Scheduler::put_off_until(Sender& sender, const Destination& destination, TimePoint expiry, TimePoint now) {
    constexpr Duration soonest = std::chrono::seconds(1);
    const TimePoint earliest = destination.pace.dead(now) ? destination.pace.probe_at() : now + soonest;
    return std::min(sender.spread.place(earliest, random_), std::max(expiry, now));
}

void Scheduler::put_off(Flow& flow, TimePoint now) {
    Sender& sender = *flow.sender;
    while (flow.first != kNone) {
        const std::uint32_t number = pop_job(flow);
        const Slot& slot = slots_[number];
        put_off_.push_back(
            {slot.id, std::string(flow.destination->name), put_off_until(sender, *flow.destination, slot.expiry, now)});
        free_slot(number);
    }
    drop_flow(flow);
    rest(sender, now);
}

void Scheduler::free_slot(std::uint32_t number) {
    Slot& slot = slots_[number];
    --slot.sender->jobs;
    --slot.destination->jobs;
    --jobs_;
    ++slot.generation;
    slot.running = false;
    free_.push_back(number);
}

std::vector<PutOff> Scheduler::take_put_off() { return std::exchange(put_off_, {}); }

void Scheduler::note(Destination& destination, Outcome outcome, TimePoint now, std::string_view status,
                     std::string_view reason) {
    switch (outcome) {
        case Outcome::cancelled: return;
        case Outcome::served:
        case Outcome::overloaded: return destination.trouble.reset();
        case Outcome::unreachable: break;
    }
    if (!destination.trouble) destination.trouble = {.since = now, .status = {}, .reason = {}};
    destination.trouble->status = status;
    std::size_t length = std::min(reason.size(), Trouble::max_reason);
    // Not in the midst of a character: its bytes after the first are 10xxxxxx.
    while (length < reason.size() && length > 0 && (static_cast<unsigned char>(reason[length]) & 0xc0) == 0x80)
        --length;
    destination.trouble->reason = reason.substr(0, length);
}

std::optional<Trouble> Scheduler::trouble(std::string_view name) const {
    const auto known = destinations_.find(std::string(name));
    if (known == destinations_.end() || !known->second.pace.thought_dead()) return std::nullopt;
    return known->second.trouble;
}

/// Forgetting it gives it no advantage over others: its turn would be now anyway.
bool Scheduler::forgettable(const Sender& sender, TimePoint now) const {
    return sender.finish <= classes_[sender.priority].now && sender.spread.idle(now);
}

void Scheduler::rest(Sender& sender, TimePoint now) {
    if (sender.jobs > 0 || sender.idle || std::ranges::find(sender.queued, true) != sender.queued.end()) return;
    if (forgettable(sender, now)) return erase(sender);
    sender.idle = idle_senders_.insert(idle_senders_.end(), &sender);
    while (idle_senders_.size() > limits_.remembered || forgettable(*idle_senders_.front(), now)) {
        erase(*idle_senders_.front());
        if (idle_senders_.empty()) break;
    }
}

void Scheduler::rest(Destination& destination, TimePoint now) {
    if (destination.jobs > 0 || destination.idle) return;
    if (destination.tier == unknown && destination.pace.ordinary(now)) return erase(destination);
    destination.idle = idle_destinations_.insert(idle_destinations_.end(), &destination);
    if (idle_destinations_.size() > limits_.remembered) erase(*idle_destinations_.front());
}

void Scheduler::erase(Sender& sender) {
    if (sender.idle) idle_senders_.erase(*sender.idle);
    senders_.erase(std::string(sender.name));
}

void Scheduler::erase(Destination& destination) {
    if (destination.idle) idle_destinations_.erase(*destination.idle);
    if (destination.wants_share) {
        for (auto& waiters : share_waiters_) waiters.remove(&destination);
    }
    destinations_.erase(std::string(destination.name));
}

}  // namespace posthouse::schedule
