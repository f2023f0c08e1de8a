// Which delivery begins next.
#include "queued/schedule/scheduler.h"

#include <algorithm>
#include <utility>

namespace posthouse::schedule {
namespace {

/// How much of the deliveries each class of priority gets while all of them have some: low, normal, high.
constexpr std::array<int, 3> kWeights = {1, 4, 16};

}  // namespace

void Scheduler::FlowList::push_back(Flow& flow) {
    flow.list = this;
    flow.before = last;
    flow.after = nullptr;
    (last != nullptr ? last->after : first) = &flow;
    last = &flow;
}

void Scheduler::FlowList::push_front(Flow& flow) {
    flow.list = this;
    flow.before = nullptr;
    flow.after = first;
    (first != nullptr ? first->before : last) = &flow;
    first = &flow;
}

void Scheduler::Flow::leave() {
    if (list == nullptr) return;
    (before != nullptr ? before->after : list->first) = after;
    (after != nullptr ? after->before : list->last) = before;
    list = nullptr;
    before = after = nullptr;
}

std::size_t Scheduler::FlowHash::operator()(const FlowKey& key) const {
    const std::hash<const void*> hash;
    return hash(key.first) * 0x9e3779b97f4a7c15U ^ hash(key.second);
}

Scheduler::Scheduler(const SchedulerLimits& limits, LimitsOf limits_of, Random::result_type seed)
    : limits_(limits), limits_of_(std::move(limits_of)), random_(seed) {}

/// Deliveries that may still begin to destinations of that kind.
std::int64_t Scheduler::room(Tier tier) const {
    const std::int64_t all = limits_.running;
    const std::int64_t slow_share = (all + 3) / 4;
    // Slow ones beyond their share are not held against prompt ones; unknown ones may be as slow, and wait.
    const std::int64_t counted = running_ - std::max<std::int64_t>(running_in_[slow] - slow_share, 0);
    const std::int64_t free = std::min(all - counted, all + slow_share - running_);
    const std::int64_t kept_for_local = std::max<std::int64_t>(all / 8 - running_in_[local], 0);
    const std::int64_t elsewhere = free - kept_for_local;
    const std::int64_t unreserved = std::min((3 * all + 3) / 4 - running_, elsewhere);
    switch (tier) {
        case local: return std::max(kept_for_local, free);
        case prompt: return elsewhere;
        case unknown: return std::min(unreserved, (all + 1) / 2 - running_in_[unknown]);
        case slow: return std::min(unreserved, slow_share - running_in_[slow]);
    }
    return 0;
}

/// It may have one more delivery as soon as its tier has room: within its window, its rate, and its share.
bool Scheduler::open(const Destination& destination, TimePoint now) const {
    const bool shares = destination.running == 0 || destination.running < room(destination.tier);
    return shares && destination.pace.may_start(destination.running, now);
}

void Scheduler::set_tier(Destination& destination, Tier tier) {
    if (destination.tier == local) return;
    running_in_[destination.tier] -= destination.running;
    running_in_[tier] += destination.running;
    destination.tier = tier;
}

/// A delivery began while none was running, or ended.
void Scheduler::moves(Destination& destination, TimePoint now) {
    if (destination.moving) moving_.erase(*destination.moving);
    destination.moving.reset();
    destination.progress = now;
    if (destination.running > 0) destination.moving = moving_.insert(moving_.end(), &destination);
}

/// Destinations none of whose deliveries ended for a while are slow ones.
void Scheduler::find_stalled(TimePoint now) {
    while (!moving_.empty() && now - moving_.front()->progress > limits_.slow_after) {
        Destination& destination = *moving_.front();
        moving_.pop_front();
        destination.moving.reset();
        set_tier(destination, slow);
    }
}

void Scheduler::push_turn(Sender& sender, Tier tier, std::uint64_t start) {
    Turns& turns = classes_[sender.priority].turns[tier];
    turns.push_back({start, order_++, &sender});
    std::ranges::push_heap(turns, std::greater<>());
    sender.queued[tier] = true;
}

void Scheduler::pop_turn(Turns& turns, Tier tier) {
    turns.front().sender->queued[tier] = false;
    std::ranges::pop_heap(turns, std::greater<>());
    turns.pop_back();
}

void Scheduler::make_ready(Flow& flow) {
    Sender& sender = *flow.sender;
    const Tier tier = flow.destination->tier;
    sender.ready[tier].push_back(flow);
    if (!sender.queued[tier]) push_turn(sender, tier, std::max(classes_[sender.priority].now, sender.finish));
}

void Scheduler::park(Flow& flow, TimePoint now) {
    FlowList& parked = flow.destination->parked[flow.sender->priority];
    if (flow.waiting_turn) {
        parked.push_front(flow);
    } else {
        parked.push_back(flow);
    }
    settle(*flow.destination, now);
}

/// Lets parked flows go on when their destination is open, one of each class, else sees to it that this is asked again
/// when it may be: a delivery ends, its rate permits it, there is more to share.
void Scheduler::settle(Destination& destination, TimePoint now) {
    if (std::ranges::all_of(destination.parked, &FlowList::empty)) return;
    if (open(destination, now)) {
        for (FlowList& parked : destination.parked) {
            if (parked.empty()) continue;
            Flow& flow = *parked.first;
            flow.leave();
            flow.waiting_turn = true;
            make_ready(flow);
        }
        return;
    }
    if (destination.running >= destination.pace.window()) return;
    if (now < destination.pace.rate_ready()) {
        if (destination.wants_time) return;
        destination.wants_time = true;
        timers_.emplace_back(destination.pace.rate_ready(), destination.name);
        std::ranges::push_heap(timers_, std::greater<>());
        return;
    }
    if (destination.wants_share) return;
    destination.wants_share = true;
    share_waiters_[destination.tier].push_back(&destination);
}

/// One of the destinations that had their share may go on.
bool Scheduler::settle_shares(TimePoint now) {
    for (const Tier tier : kAllTiers) {
        auto& waiters = share_waiters_[tier];
        if (room(tier) <= 0) continue;
        for (auto at = waiters.begin(); at != waiters.end();) {
            Destination& destination = **at;
            const bool waits = !std::ranges::all_of(destination.parked, &FlowList::empty);
            const bool is_open = waits && open(destination, now);
            if (waits && !is_open && destination.tier == tier) {
                ++at;
                continue;
            }
            at = waiters.erase(at);
            destination.wants_share = false;
            settle(destination, now);  // makes it ready, or waits for something else
            if (is_open) return true;
        }
    }
    return false;
}

void Scheduler::fire_timers(TimePoint now) {
    while (!timers_.empty() && timers_.front().first <= now) {
        std::ranges::pop_heap(timers_, std::greater<>());
        const auto known = destinations_.find(timers_.back().second);
        timers_.pop_back();
        if (known == destinations_.end()) continue;
        known->second.wants_time = false;
        settle(known->second, now);
    }
}

/// The tier with room whose first turn is the earliest.
std::optional<Scheduler::Tier> Scheduler::next_tier(const ClassQueue& queue) const {
    std::optional<Tier> best;
    for (const Tier tier : kAllTiers) {
        if (queue.turns[tier].empty() || room(tier) <= 0) continue;
        if (!best || queue.turns[*best].front() > queue.turns[tier].front()) best = tier;
    }
    return best;
}

/// Takes turns by weight, evenly mixed, among the classes that have something for which there is room.
std::optional<Scheduler::Class> Scheduler::choose_class() {
    std::optional<std::size_t> best;
    int total = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
        ClassQueue& queue = classes_[i];
        if (std::ranges::all_of(queue.turns, &Turns::empty)) queue.credit = 0;
        if (!next_tier(queue)) continue;
        queue.credit += kWeights[i];
        total += kWeights[i];
        if (!best || queue.credit >= classes_[*best].credit) best = i;
    }
    if (!best) return std::nullopt;
    classes_[*best].credit -= total;
    return static_cast<Class>(*best);
}

std::optional<Start> Scheduler::next(TimePoint now) {
    fire_timers(now);
    find_stalled(now);
    for (;;) {
        if (const auto priority = choose_class()) {
            if (auto start = next_of(*priority, now)) return start;
        } else if (!settle_shares(now)) {
            break;
        }
    }
    return std::nullopt;
}

std::optional<Start> Scheduler::next_of(Class priority, TimePoint now) {
    ClassQueue& queue = classes_[priority];
    while (const auto tier = next_tier(queue)) {
        Turns& turns = queue.turns[*tier];
        Sender& sender = *turns.front().sender;
        if (turns.front().start < sender.finish && !sender.ready[*tier].empty()) {
            pop_turn(turns, *tier);  // it was served in another tier meanwhile
            push_turn(sender, *tier, sender.finish);
            continue;
        }
        if (sender.ready[*tier].empty()) {
            pop_turn(turns, *tier);
            rest(sender, now);
            continue;
        }
        Flow& flow = *sender.ready[*tier].first;
        Destination& destination = *flow.destination;
        if (destination.pace.dead(now)) {
            put_off(flow, now);
            rest(destination, now);
        } else if (destination.tier != *tier) {
            flow.leave();
            make_ready(flow);
        } else if (!open(destination, now)) {
            flow.leave();
            park(flow, now);
        } else {
            return begin(flow, *tier, now);
        }
    }
    return std::nullopt;
}

Start Scheduler::begin(Flow& flow, Tier tier, TimePoint now) {
    Sender& sender = *flow.sender;
    Destination& destination = *flow.destination;
    const std::uint32_t number = pop_job(flow);
    FlowList& ready = sender.ready[tier];
    flow.leave();
    flow.waiting_turn = false;
    if (flow.first == kNone) {
        drop_flow(flow);
    } else {
        ready.push_back(flow);
    }
    ClassQueue& queue = classes_[sender.priority];
    const std::uint64_t start = queue.turns[tier].front().start;
    queue.now = std::max(queue.now, start);
    sender.finish = start + slots_[number].cost;
    pop_turn(queue.turns[tier], tier);
    if (!ready.empty()) push_turn(sender, tier, sender.finish);
    Slot& slot = slots_[number];
    slot.running = true;
    slot.started = now;
    ++running_;
    ++destination.running;
    ++running_in_[destination.tier];
    if (destination.running == 1) moves(destination, now);
    destination.pace.started(now);
    settle(destination, now);
    return {{number, slot.generation}, slot.id, std::string(destination.name)};
}

std::uint32_t Scheduler::pop_job(Flow& flow) {
    const std::uint32_t number = flow.first;
    flow.first = slots_[number].next;
    if (flow.first == kNone) flow.last = kNone;
    --flow.jobs;
    return number;
}

void Scheduler::drop_flow(Flow& flow) {
    flow.leave();
    flows_.erase({flow.sender, flow.destination});
}

void Scheduler::finished(Ticket ticket, Outcome outcome, TimePoint now, std::string_view status,
                         std::string_view reason) {
    if (ticket.slot >= slots_.size()) return;
    const Slot& slot = slots_[ticket.slot];
    if (!slot.running || slot.generation != ticket.generation) return;
    Sender& sender = *slot.sender;
    Destination& destination = *slot.destination;
    --running_;
    --destination.running;
    --running_in_[destination.tier];
    moves(destination, now);
    if (outcome != Outcome::cancelled && now - slot.started > limits_.slow_after) {
        set_tier(destination, slow);
    } else if (outcome == Outcome::served || outcome == Outcome::overloaded) {
        set_tier(destination, prompt);
    }
    note(destination, outcome, now, status, reason);
    const bool died = destination.pace.finished(outcome, destination.running, now, limits_.feedback, random_);
    if (outcome != Outcome::cancelled) sender.spread.served(now);
    if (died) {
        for (FlowList& parked : destination.parked) {
            while (!parked.empty()) put_off(*parked.first, now);
        }
    }
    settle(destination, now);
    free_slot(ticket.slot);
    rest(sender, now);
    rest(destination, now);
}

void Scheduler::revive(std::string_view destination, TimePoint now) {
    const auto known = destinations_.find(std::string(destination));
    if (known == destinations_.end()) return;
    known->second.pace.revive(now);
    settle(known->second, now);
}

TimePoint Scheduler::wake_at() const {
    TimePoint at = timers_.empty() ? TimePoint::max() : timers_.front().first;
    if (!moving_.empty()) at = std::min(at, moving_.front()->progress + limits_.slow_after + Duration(1));
    return at;
}

std::uint32_t Scheduler::window(std::string_view name, TimePoint now) const {
    const auto known = destinations_.find(std::string(name));
    return known == destinations_.end() || known->second.pace.dead(now) ? 0 : known->second.pace.window();
}

}  // namespace posthouse::schedule
