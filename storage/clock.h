// The clocks that folders' times are compared with, and that work is measured by.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>

namespace posthouse::storage {

/// Nanoseconds since 1970, to compare with a folder's mtime.
inline std::int64_t wall_clock_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Seconds since 1970.
inline std::int64_t wall_clock_seconds() { return wall_clock_ns() / 1'000'000'000; }

/// Processor time of this thread: what work costs, however busy the machine is.
inline std::int64_t thread_time_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace posthouse::storage
