// Which delivery begins next: fair between priorities and between senders, and no destination, however slow or dead,
// delays what goes elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "queued/schedule/due_window.h"
#include "queued/schedule/pace.h"
#include "queued/schedule/spread.h"
#include "queued/schedule/time.h"

namespace posthouse::schedule {

/// A message for one destination: what one delivery carries.
struct Job {
    MessageId id{};
    std::string destination{};  ///< what shares a fate: next hop and transport
    std::string sender{};       ///< what shares fairly: the user who is logged in, else the domain or the client
    int priority = 0;           ///< MT-PRIORITY, -9 to 9 (RFC 6710 §2)
    std::uint32_t cost = 1;     ///< what it takes of its sender's share, 1 to max_cost: recipients, size
    TimePoint expiry = TimePoint::max();  ///< when its message is given up

    static constexpr std::uint32_t max_cost = 64;
};

/// Names a running delivery until it is finished.
struct Ticket {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
};
/// A delivery to begin now.
struct Start {
    Ticket ticket;
    MessageId id{};
    std::string destination;
};
/// Why nothing is tried for a destination that is dead.
struct Trouble {
    TimePoint since;     ///< nothing was served since
    std::string status;  ///< as told last: RFC 3463
    std::string reason;

    static constexpr std::size_t max_reason = 300;  ///< bytes that are kept
};
/// A job that left memory: its message is due again at `until`.
struct PutOff {
    MessageId id{};
    std::string destination;
    TimePoint until;
};

struct SchedulerLimits {
    std::size_t jobs = 20'000;    ///< in memory, running ones included; the others wait on disk
    std::uint32_t running = 500;  ///< deliveries at a time; a quarter more when slow ones hold them up
    /// A delivery that takes longer makes its destination a slow one, until another is quicker.
    Duration slow_after = std::chrono::seconds(10);
    std::size_t remembered = 10'000;  ///< destinations and senders without jobs of which something is remembered
    Feedback feedback{};
};

/// Jobs that are due, in memory. What is full is shared so that nobody takes all of it: of deliveries a destination
/// may have as many as are still free, of memory so may a destination and a sender. So there is always room for
/// another one, and whoever is alone gets half. A quarter of the deliveries is kept for destinations that were prompt
/// the last time, and slow ones get a quarter at most, so that many slow ones together delay nobody either. Those that
/// turn out to be slow while they have more than that count no more than that, so that prompt ones go on, until there
/// are a quarter more deliveries than the limit. An eighth is kept for mailboxes here, whatever goes on elsewhere.
class Scheduler {
  public:
    /// `limits_of` is asked when a destination is new.
    using LimitsOf = std::function<DestinationLimits(std::string_view destination)>;
    Scheduler(const SchedulerLimits& limits, LimitsOf limits_of, Random::result_type seed);

    /// Takes a job that is due. A time: there is no room for it now, or its destination is dead; its message should be
    /// due again then, and nothing is kept. That is never later than its expiry, so that it is given up in time; the
    /// caller gives up what is past it.
    std::optional<TimePoint> admit(const Job& job, TimePoint now);
    /// The next delivery, if one may begin: call it until there is none.
    std::optional<Start> next(TimePoint now);
    /// A delivery that `next` gave is over. `status`, `reason`: why a destination was unreachable.
    void finished(Ticket ticket, Outcome outcome, TimePoint now, std::string_view status = {},
                  std::string_view reason = {});
    /// Of a destination that is dead; nullopt: it is not, or is not known.
    std::optional<Trouble> trouble(std::string_view destination) const;
    /// Somebody thinks that this destination is alive again: if it is dead, the next delivery probes it at once.
    void revive(std::string_view destination, TimePoint now);
    /// When to call `next` again although nothing was admitted or finished; the end of time: no need to.
    TimePoint wake_at() const;
    /// Jobs that lost their place because their destination died. The caller puts them back on disk.
    std::vector<PutOff> take_put_off();

    std::size_t jobs() const { return jobs_; }
    std::uint32_t running() const { return running_; }
    /// Deliveries at a time to a destination; 0: nothing is known of it, or it is dead.
    std::uint32_t window(std::string_view destination, TimePoint now) const;
    std::size_t destinations() const { return destinations_.size(); }
    std::size_t senders() const { return senders_.size(); }

  private:
    enum Class : std::uint8_t { low, normal, high };
    static constexpr std::size_t kClasses = 3;
    static constexpr std::uint32_t kNone = 0xffffffff;

    /// What a destination was like the last time; mailboxes here are always `local`.
    enum Tier : std::uint8_t { local, prompt, unknown, slow };
    static constexpr std::size_t kTiers = 4;
    static constexpr std::array<Tier, kTiers> kAllTiers = {local, prompt, unknown, slow};

    struct Flow;
    /// Flows in a row, doubly linked; a flow is in at most one.
    struct FlowList {
        Flow* first = nullptr;
        Flow* last = nullptr;
        bool empty() const { return first == nullptr; }
        void push_back(Flow& flow);
        void push_front(Flow& flow);
    };
    struct Destination {
        Destination(const Feedback& feedback, const DestinationLimits& limits)
            : pace(feedback, limits), tier(limits.local ? local : unknown) {}
        std::string_view name;
        Pace pace;
        std::uint32_t running = 0;
        std::size_t jobs = 0;
        std::array<FlowList, kClasses> parked;  ///< flows that wait until it is open again
        Tier tier;
        TimePoint progress;              ///< when a delivery of it last ended, or the first of those running began
        std::optional<Trouble> trouble;  ///< it was unreachable, and nothing was served since
        std::optional<std::list<Destination*>::iterator> moving;  ///< in moving_
        bool wants_share = false;                                 ///< in a list of share_waiters_
        bool wants_time = false;                                  ///< in timers_
        std::optional<std::list<Destination*>::iterator> idle;
    };
    /// A sender in one class of priority. Its tag is that of start-time fair queueing.
    struct Sender {
        std::string_view name;
        Class priority = normal;
        std::uint64_t finish = 0;            ///< the virtual time when what it began would be done
        std::array<FlowList, kTiers> ready;  ///< flows whose destinations were open when last seen
        std::array<bool, kTiers> queued{};   ///< has a turn; so it is while `ready` isn't empty
        std::size_t jobs = 0;
        Spread spread;
        std::optional<std::list<Sender*>::iterator> idle;
    };
    /// The jobs of one sender for one destination, in order.
    struct Flow {
        Sender* sender = nullptr;
        Destination* destination = nullptr;
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
        std::size_t jobs = 0;
        FlowList* list = nullptr;  ///< it is in this one
        Flow* before = nullptr;
        Flow* after = nullptr;
        void leave();
        bool waiting_turn = false;  ///< it was let go on, and not served yet: it goes back to the front
    };
    using FlowKey = std::pair<const Sender*, const Destination*>;
    struct FlowHash {
        std::size_t operator()(const FlowKey& key) const;
    };
    struct Slot {
        MessageId id{};
        TimePoint expiry;
        TimePoint started;
        Sender* sender = nullptr;
        Destination* destination = nullptr;
        std::uint32_t next = kNone;
        std::uint32_t generation = 0;
        std::uint8_t cost = 1;
        bool running = false;
    };
    struct Turn {
        std::uint64_t start = 0;
        std::uint64_t order = 0;  ///< equal tags: first come
        Sender* sender = nullptr;
        bool operator>(const Turn& other) const {
            return start != other.start ? start > other.start : order > other.order;
        }
    };
    using Turns = std::vector<Turn>;  ///< a heap, the lowest tag on top
    struct ClassQueue {
        std::array<Turns, kTiers> turns;
        std::uint64_t now = 0;  ///< virtual time: the tag served last
        int credit = 0;
    };

    Destination& destination_of(std::string_view name);
    Sender& sender_of(const Job& job);
    bool has_room(const Destination& destination, const Sender& sender, std::size_t in_flow) const;
    std::int64_t room(Tier tier) const;
    void set_tier(Destination& destination, Tier tier);
    void moves(Destination& destination, TimePoint now);
    void find_stalled(TimePoint now);
    bool open(const Destination& destination, TimePoint now) const;
    void make_ready(Flow& flow);
    void park(Flow& flow, TimePoint now);
    void settle(Destination& destination, TimePoint now);
    bool settle_shares(TimePoint now);
    void fire_timers(TimePoint now);
    std::optional<Tier> next_tier(const ClassQueue& queue) const;
    std::optional<Class> choose_class();
    std::optional<Start> next_of(Class priority, TimePoint now);
    Start begin(Flow& flow, Tier tier, TimePoint now);
    std::uint32_t pop_job(Flow& flow);
    TimePoint put_off_until(Sender& sender, const Destination& destination, TimePoint expiry, TimePoint now);
    void put_off(Flow& flow, TimePoint now);
    void drop_flow(Flow& flow);
    void note(Destination& destination, Outcome outcome, TimePoint now, std::string_view status,
              std::string_view reason);
    void push_turn(Sender& sender, Tier tier, std::uint64_t start);
    void pop_turn(Turns& turns, Tier tier);
    void free_slot(std::uint32_t slot);
    void rest(Sender& sender, TimePoint now);
    void rest(Destination& destination, TimePoint now);
    bool forgettable(const Sender& sender, TimePoint now) const;
    void erase(Sender& sender);
    void erase(Destination& destination);

    SchedulerLimits limits_;
    LimitsOf limits_of_;
    Random random_;
    std::unordered_map<std::string, Destination> destinations_;
    std::unordered_map<std::string, Sender> senders_;  ///< by a byte of the class, and the name
    std::unordered_map<FlowKey, Flow, FlowHash> flows_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::array<ClassQueue, kClasses> classes_;
    std::array<std::list<Destination*>, kTiers> share_waiters_;
    std::list<Destination*> moving_;  ///< those with deliveries, the one without progress for longest first
    std::array<std::uint32_t, kTiers> running_in_{};
    std::vector<std::pair<TimePoint, std::string>> timers_;  ///< a heap: when a destination's rate lets it go on
    std::list<Destination*> idle_destinations_;              ///< the longest idle first
    std::list<Sender*> idle_senders_;
    std::vector<PutOff> put_off_;
    std::size_t jobs_ = 0;
    std::uint32_t running_ = 0;
    std::uint64_t order_ = 0;
};

}  // namespace posthouse::schedule
