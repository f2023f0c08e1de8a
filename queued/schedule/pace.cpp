// The state of one destination.
#include "queued/schedule/pace.h"

#include <algorithm>

namespace posthouse::schedule {

Pace::Pace(const Feedback& feedback, const DestinationLimits& limits)
    : limits_(limits), window_(std::clamp<std::uint32_t>(feedback.initial, 1, std::max(1U, limits.concurrency))) {}

void Pace::revive(TimePoint now) {
    if (!dead(now)) return;
    probe_at_ = now;
    deaths_ = 0;
}

void Pace::started(TimePoint now) {
    if (limits_.per_minute == 0) return;
    const Duration interval = std::max(Duration(1), Duration(std::chrono::minutes(1)) / limits_.per_minute);
    rate_ready_ = now + interval;
}

/// A step up for a window's worth of successes. Not while fewer than that are running: what was never tried isn't known
/// to be taken; the margin lets it grow in the first place.
void Pace::grow(std::uint32_t running, const Feedback& feedback) {
    if (window_ >= limits_.concurrency || window_ >= running + 1 + feedback.initial) return;
    success_ += 1.0 / window_;
    if (success_ < 1) return;
    success_ = 0;
    ++window_;
}

void Pace::shrink() {
    success_ = 0;
    window_ = std::max(1U, window_ - 1);
}

bool Pace::finished(Outcome outcome, std::uint32_t running, TimePoint now, const Feedback& feedback, Random& random) {
    switch (outcome) {
        case Outcome::cancelled: return false;
        case Outcome::served:
            if (dead_) {
                window_ = std::clamp<std::uint32_t>(feedback.initial, 1, std::max(1U, limits_.concurrency));
                dead_ = false;
                deaths_ = 0;
                success_ = 0;
            }
            failed_ = 0;
            grow(running, feedback);
            return false;
        case Outcome::overloaded: shrink(); return false;
        case Outcome::unreachable: break;
    }
    if (dead(now)) return false;  // began before it died
    failed_ += 1.0 / window_;
    shrink();
    if (failed_ + 1e-9 < feedback.failed_windows && !dead_) return false;
    Duration pause = std::max(feedback.first_pause, Duration(1));
    for (std::uint32_t i = 0; i < deaths_ && pause < feedback.longest_pause; ++i) pause *= 2;
    pause = std::min(pause, std::max(feedback.longest_pause, Duration(1)));
    const double factor = 0.8 + 0.4 * fraction(random);
    probe_at_ = now + Duration(static_cast<Duration::rep>(static_cast<double>(pause.count()) * factor));
    dead_ = true;
    ++deaths_;
    window_ = 1;
    failed_ = 0;
    return true;
}

}  // namespace posthouse::schedule
