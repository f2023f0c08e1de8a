// Times for what has no room in memory: one after the other, about as fast as the sender's messages are served, so that
// each is read from the disk again when its turn is near, and not all of them over and over.
#pragma once

#include "queued/schedule/time.h"

namespace posthouse::schedule {

/// The messages of one sender that were put off.
class Spread {
  public:
    /// When the next one comes back, at `earliest` or soon after. None is later than `earliest` plus longest().
    TimePoint place(TimePoint earliest, Random& random);
    /// One was served.
    void served(TimePoint now);
    /// Nothing was put off until later than `now`.
    bool idle(TimePoint now) const { return tail_ <= now; }
    static constexpr Duration longest() { return std::chrono::minutes(10); }

  private:
    std::chrono::microseconds interval_ = std::chrono::milliseconds(10);  ///< between two that are served, on average
    TimePoint last_{};
    TimePoint tail_{};
};

}  // namespace posthouse::schedule
