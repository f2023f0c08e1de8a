// When a message that could not be delivered is tried again (RFC 5321 §4.5.4.1), and when it is given up.
#pragma once

#include <cstdint>
#include <optional>

#include "queued/schedule/time.h"

namespace posthouse::schedule {

/// Pauses that double from attempt to attempt.
struct Backoff {
    Duration first = std::chrono::minutes(1);     ///< after the first attempt: greylisting and hiccups pass soon
    Duration longest = std::chrono::hours(1);     ///< no pause is longer, but for its jitter
    Duration lifetime = std::chrono::days(5);     ///< from arrival until it is given up
    Duration warn_after = std::chrono::hours(4);  ///< from arrival until its sender is told of the delay; 0: never
    double jitter = 0.2;  ///< part of a pause by which it is longer or shorter, so that what failed together parts

    /// The pause after the attempt of that number, counted from 1.
    Duration pause(std::uint32_t attempts, Random& random) const;
    /// When to try again after an attempt that just failed for now; the last time is when the lifetime ends. nullopt:
    /// that was the last attempt, give it up.
    std::optional<TimePoint> next_attempt(TimePoint arrival, std::uint32_t attempts, TimePoint now,
                                          Random& random) const;
    /// When it is given up.
    TimePoint expiry(TimePoint arrival) const { return arrival + lifetime; }
    /// Its sender should be told now that it is still here.
    bool warning_due(TimePoint arrival, bool warned, TimePoint now) const {
        return !warned && warn_after > Duration::zero() && now >= arrival + warn_after && now < expiry(arrival);
    }
};

}  // namespace posthouse::schedule
