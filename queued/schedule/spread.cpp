// Times for what has no room in memory.
#include "queued/schedule/spread.h"

#include <algorithm>

namespace posthouse::schedule {

TimePoint Spread::place(TimePoint earliest, Random& random) {
    const TimePoint last = earliest + longest();
    if (tail_ < earliest) tail_ = earliest;
    tail_ += std::max(Duration(1), std::chrono::ceil<Duration>(
                                       interval_ / 2));  // rather too early than that the sender has nothing to send
    if (tail_ <= last) return tail_;
    tail_ = last;
    return earliest + longest() / 2 +
           Duration(static_cast<Duration::rep>(fraction(random) * static_cast<double>((longest() / 2).count())));
}

void Spread::served(TimePoint now) {
    constexpr Duration longest_gap = std::chrono::seconds(10);
    if (last_ != TimePoint()) {
        const Duration gap = std::clamp(now - last_, Duration(0), longest_gap);
        interval_ = (interval_ * 31 + gap) / 32;  // deliveries that run side by side end in bursts
    }
    last_ = now;
}

}  // namespace posthouse::schedule
