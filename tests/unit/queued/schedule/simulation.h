// A queue in virtual time: the real window and scheduler, with a disk and destinations that are made up.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "queued/schedule/backoff.h"
#include "queued/schedule/scheduler.h"

namespace posthouse::schedule {

/// What a made-up destination does with one delivery.
struct Attempt {
    Duration takes{};
    Outcome outcome = Outcome::served;
};
using Behaviour = std::function<Attempt(TimePoint, Random&)>;

/// A message of the simulation, and what became of it.
struct Mail {
    std::string sender{};
    std::string destination{};
    TimePoint arrival{};
    int priority = 0;
    TimePoint due{};  ///< on disk
    std::uint32_t attempts = 0;
    std::uint32_t opened = 0;  ///< times it was read from disk
    bool running = false;
    std::optional<TimePoint> delivered{};
    std::optional<TimePoint> given_up{};

    Duration delay() const { return *delivered - arrival; }
};

class Simulation {
  public:
    explicit Simulation(const SchedulerLimits& limits, Scheduler::LimitsOf limits_of = nullptr,
                        Random::result_type seed = 1, std::size_t window = 50'000);

    static TimePoint start() { return TimePoint{Duration(1'790'000'000'000)}; }
    TimePoint now() const { return now_; }
    /// Destinations that were not told of serve everything in 200 ms.
    void behave(const std::string& destination, Behaviour behaviour) {
        behaviours_[destination] = std::move(behaviour);
    }
    void send(TimePoint at, std::string sender, std::string destination, int priority = 0);
    /// Runs until then, or until nothing is left to be done.
    void run_until(TimePoint end);

    std::vector<Mail>& mail() { return mail_; }
    const Scheduler& scheduler() const { return scheduler_; }
    std::size_t delivered() const { return delivered_; }
    std::size_t attempts_at(const std::string& destination) const;
    std::uint32_t most_running(const std::string& destination) const;
    /// The longest delay of a message that `which` is true of; all of them must have been delivered.
    Duration longest_delay(const std::function<bool(const Mail&)>& which) const;

    Backoff backoff;

  private:
    struct End {
        TimePoint at;
        std::uint64_t order = 0;
        Ticket ticket;
        std::size_t mail = 0;
        Outcome outcome = Outcome::served;
        bool operator>(const End& other) const { return at != other.at ? at > other.at : order > other.order; }
    };
    static MessageId id_of(std::size_t mail);
    static std::size_t mail_of(const MessageId& id);
    void open(std::size_t mail);
    void put_back(std::size_t mail, TimePoint due);
    void end(const End& end);
    void begin_deliveries();
    void scan();

    Scheduler scheduler_;
    DueWindow window_;
    Random random_;
    TimePoint now_ = start();
    TimePoint last_scan_;
    std::vector<Mail> mail_;
    std::multimap<TimePoint, std::size_t> arrivals_;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
    std::map<std::string, Behaviour> behaviours_;
    std::map<std::string, std::size_t> attempts_;
    std::map<std::string, std::uint32_t> running_;
    std::map<std::string, std::uint32_t> most_running_;
    std::uint64_t order_ = 0;
    std::size_t delivered_ = 0;
};

}  // namespace posthouse::schedule
