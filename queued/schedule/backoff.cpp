// Pauses between attempts.
#include "queued/schedule/backoff.h"

#include <algorithm>

namespace posthouse::schedule {

Duration Backoff::pause(std::uint32_t attempts, Random& random) const {
    Duration pause = std::max(first, Duration(1));
    for (std::uint32_t i = 1; i < attempts && pause < longest; ++i) pause *= 2;
    pause = std::min(pause, std::max(longest, Duration(1)));
    const double factor = 1 + jitter * (2 * fraction(random) - 1);
    return Duration(
        std::max<Duration::rep>(1, static_cast<Duration::rep>(static_cast<double>(pause.count()) * factor)));
}

std::optional<TimePoint> Backoff::next_attempt(TimePoint arrival, std::uint32_t attempts, TimePoint now,
                                               Random& random) const {
    const TimePoint end = expiry(arrival);
    if (now >= end) return std::nullopt;
    return std::min(now + pause(attempts, random), end);
}

}  // namespace posthouse::schedule
