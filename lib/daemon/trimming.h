// Trimming: gives memory back to the system that a peak has left behind unused.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "lib/net/async.h"
#include "lib/net/event.h"
#include "lib/net/loop.h"

namespace posthouse::daemon {

/// When to trim, as one look at the resident memory follows another.
///
/// What is resident says when memory was needed, but not when it is needed no longer: that is tried. Soon after memory
/// has grown, then after twice as many looks each time. So it is given back when it has been unused for as long as it
/// was used at most, and a daemon that needs all it has is hardly ever bothered.
class TrimSchedule {
  public:
    /// A trim is for so much at least.
    static constexpr std::size_t worthwhile = std::size_t{16} << 20;
    /// Most looks from one trim to the next while more is resident than ever was needed.
    static constexpr std::size_t longest_pause = 720;

    /// Whether to trim now.
    bool look(std::size_t resident);
    /// What was resident before a trim and after it.
    void trimmed(std::size_t before, std::size_t after);

  private:
    std::size_t least_ = static_cast<std::size_t>(-1);
    std::size_t left_ = 0;  ///< resident after the last trim
    std::size_t pause_ = 1;
    std::size_t looks_ = 0;  ///< since the last trim
};

/// From one look to the next: rare enough to cost nothing.
constexpr std::chrono::seconds trim_interval{5};

/// Trims until `stopping` is cancelled. A thread that exists only for it does the work, arena after arena; whoever
/// needs more of that arena than its thread's cache has waits for it: 10 to 40 ms when 70 MB of small pieces are given
/// back, 0.3 to 0.5 s for 700 MB.
net::Async<> trim_memory(net::Loop* loop, net::Event* stopping);

}  // namespace posthouse::daemon
