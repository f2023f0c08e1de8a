// Deadline: the moment at which a wait gives up. Every wait takes one.
#pragma once

#include <chrono>

namespace posthouse::net {

using Clock = std::chrono::steady_clock;

/// A point on the steady clock.
struct Deadline {
    Clock::time_point at;

    /// `duration` from now.
    static Deadline in(Clock::duration duration) { return {Clock::now() + duration}; }
    /// For waits that only a cancellation or a drain ends (accept loops, background tasks).
    static Deadline never() { return {Clock::time_point::max()}; }
    bool passed() const { return at != Clock::time_point::max() && Clock::now() >= at; }
    /// The earlier of two.
    friend Deadline sooner(Deadline a, Deadline b) { return a.at < b.at ? a : b; }
};

}  // namespace posthouse::net
