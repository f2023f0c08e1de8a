// Backoff: how long to wait before a daemon that died is started again.
#pragma once

#include <algorithm>
#include <chrono>

namespace posthouse::supervisor {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// Doubles from `first` to `limit`; starts over when the daemon ran for `limit` at least.
class Backoff {
  public:
    Milliseconds next(Milliseconds ran, Milliseconds first, Milliseconds limit) {
        if (ran >= limit) delay_ = Milliseconds(0);
        delay_ = delay_ == Milliseconds(0) ? std::min(first, limit) : std::min(delay_ * 2, limit);
        return delay_;
    }

  private:
    Milliseconds delay_{0};
};

}  // namespace posthouse::supervisor
