// How hard one destination is tried: its concurrency grows with success and shrinks with failure, as in Postfix's
// queue manager; one that is dead gets one delivery at a time to probe it, after pauses that grow; rates are kept.
#pragma once

#include <cstdint>

#include "queued/schedule/time.h"

namespace posthouse::schedule {

/// What a delivery tells about its destination, whatever became of the message.
enum class Outcome {
    served,       ///< the destination works: it answered for the message, well or badly
    overloaded,   ///< it works, but asks for less at a time: 421, too many connections
    unreachable,  ///< no connection, or one that broke before it could answer for the message
    cancelled,    ///< ended by this side: tells nothing
};

/// How a destination is felt out.
struct Feedback {
    std::uint32_t initial = 5;  ///< deliveries at a time to a destination that nothing is known of
    /// A destination is dead when so many whole windows of deliveries failed, and none was served in between.
    double failed_windows = 1;
    Duration first_pause = std::chrono::minutes(1);  ///< of a dead destination, until it is probed; doubles
    Duration longest_pause = std::chrono::minutes(30);
};

/// What the administrator allows.
struct DestinationLimits {
    std::uint32_t concurrency = 20;  ///< deliveries at a time, at least 1
    std::uint32_t per_minute = 0;    ///< deliveries begun in a minute, evenly; 0: no limit
    bool local = false;              ///< mailboxes here: a part of all deliveries is kept for them
};

/// The state of one destination.
class Pace {
  public:
    Pace(const Feedback& feedback, const DestinationLimits& limits);

    /// Deliveries at a time.
    std::uint32_t window() const { return window_; }
    /// Nothing is to be tried before probe_at().
    bool dead(TimePoint now) const { return dead_ && now < probe_at_; }
    TimePoint probe_at() const { return probe_at_; }
    /// It counts as dead until a delivery is served, also while one probes it.
    bool thought_dead() const { return dead_; }
    /// The rate permits no delivery before this.
    TimePoint rate_ready() const { return rate_ready_; }
    /// One more may begin, `running` going on.
    bool may_start(std::uint32_t running, TimePoint now) const {
        return !dead(now) && running < window_ && now >= rate_ready_;
    }
    /// Nothing about it is worth remembering.
    bool ordinary(TimePoint now) const { return !dead_ && failed_ == 0 && now >= rate_ready_; }

    /// Somebody thinks that it is alive: if it is dead, it is probed at once.
    void revive(TimePoint now);

    void started(TimePoint now);
    /// `running` go on beside the one that ended. True: it is dead from now.
    bool finished(Outcome outcome, std::uint32_t running, TimePoint now, const Feedback& feedback, Random& random);

  private:
    void grow(std::uint32_t running, const Feedback& feedback);
    void shrink();

    DestinationLimits limits_;
    std::uint32_t window_;
    double success_ = 0;        ///< part of the next step up
    double failed_ = 0;         ///< windows of failures since the last success
    std::uint32_t deaths_ = 0;  ///< one after the other
    bool dead_ = false;         ///< until a delivery is served; from probe_at_ on one at a time probes it
    TimePoint probe_at_{};
    TimePoint rate_ready_{};
};

}  // namespace posthouse::schedule
