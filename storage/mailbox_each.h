// Walking those records of a mailbox that a set of UIDs names, without touching the others.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "storage/types.h"

namespace posthouse::storage {

/// Calls with each record (or const record) whose UID is in the set, ascending.
template <typename Records, typename Call>
void each_record(Records& records, const UidSet& uids, Call call) {
    auto record = records.begin();
    for (const UidRange& range : uids.ranges()) {
        record = std::lower_bound(record, records.end(), range.first.value(),
                                  [](const auto& r, std::uint32_t uid) { return r.uid < uid; });
        for (; record != records.end() && record->uid <= range.last.value(); ++record) call(*record);
    }
}

/// How many messages are worked on before the locks are given to others.
constexpr std::size_t piece_size = 256;

/// Nanoseconds since 1970, to compare with a folder's mtime.
inline std::int64_t wall_clock_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Seconds since 1970.
inline std::int64_t wall_clock_seconds() { return wall_clock_ns() / 1'000'000'000; }

}  // namespace posthouse::storage
