// The schedule's clock: always passed in, so that a test can run days in a moment. And its random numbers.
#pragma once

#include <chrono>
#include <random>

namespace posthouse::schedule {

using Duration = std::chrono::milliseconds;
/// Of the system's clock: due times stand on disk and outlast a restart.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Seeded by who makes it: from the kernel in the daemon, with a constant in a test.
using Random = std::mt19937_64;
/// A number in [0, 1).
inline double fraction(Random& random) { return static_cast<double>(random() >> 11U) * 0x1p-53; }

}  // namespace posthouse::schedule
