// Which delivery begins next.
#include "queued/schedule/scheduler.h"

#include <algorithm>
#include <utility>

namespace posthouse::schedule {
namespace {

/// How much of the deliveries each class of priority gets while all of them have some: low, normal, high.
constexpr std::array<int, 3> kWeights = {1, 4, 16};

/// Jobs for one destination that a sender may have in memory even when others have filled what is the destination's
/// share: so many, or this part of what is free; and the part of memory that is left for other things then.
constexpr std::size_t kAlwaysInFlow = 4;
constexpr std::size_t kFlowShare = 16;
constexpr std::size_t kReserve = 8;

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

/// Deliveries that may still begin to destinations of that kind.
std::int64_t Scheduler::room(Tier tier) const {
    const std::int64_t all = limits_.running;
    const std::int64_t unreserved = (3 * all + 3) / 4 - running_;
    switch (tier) {
        case prompt: return all - running_;
        case unknown: return std::min(unreserved, (all + 1) / 2 - running_in_[unknown]);
        case slow: return std::min(unreserved, (all + 3) / 4 - running_in_[slow]);
    }
    return 0;
}

/// It may have one more delivery as soon as its tier has room: within its window, its rate, and its share.
bool Scheduler::open(const Destination& destination, TimePoint now) const {
    const bool shares = destination.running == 0 || destination.running < room(destination.tier);
    return shares && destination.pace.may_start(destination.running, now);
}

void Scheduler::set_tier(Destination& destination, Tier tier) {
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
    slot.removed = slot.running = false;
    slot.used = true;
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
    for (const Tier tier : {prompt, unknown, slow}) {
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
    for (const Tier tier : {prompt, unknown, slow}) {
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
    while (running_ < limits_.running) {
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
        drop_removed(flow);
        if (flow.first == kNone) {
            drop_flow(flow);
            rest(destination, now);
        } else if (destination.pace.dead(now)) {
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

void Scheduler::drop_removed(Flow& flow) {
    while (flow.first != kNone && slots_[flow.first].removed) free_slot(pop_job(flow));
}

void Scheduler::drop_flow(Flow& flow) {
    flow.leave();
    flows_.erase({flow.sender, flow.destination});
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
        if (!slot.removed) {
            put_off_.push_back({slot.id, std::string(flow.destination->name),
                                put_off_until(sender, *flow.destination, slot.expiry, now)});
        }
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
    slot.used = slot.running = false;
    free_.push_back(number);
}

void Scheduler::finished(Ticket ticket, Outcome outcome, TimePoint now) {
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

std::vector<PutOff> Scheduler::take_put_off() { return std::exchange(put_off_, {}); }

std::size_t Scheduler::remove(const MessageId& id) {
    std::size_t count = 0;
    for (Slot& slot : slots_) {
        if (!slot.used || slot.running || slot.removed || slot.id != id) continue;
        slot.removed = true;
        ++count;
    }
    return count;
}

std::uint32_t Scheduler::window(std::string_view name, TimePoint now) const {
    const auto known = destinations_.find(std::string(name));
    return known == destinations_.end() || known->second.pace.dead(now) ? 0 : known->second.pace.window();
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
