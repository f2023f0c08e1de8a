// The counted failures as a JSON file, so that a restart forgets no attacker. Text in, values out; no I/O.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "guardd/penalties.h"
#include "lib/base/result.h"

namespace posthouse::guard {

/// A snapshot and the wall-clock time at which it was taken.
struct SnapshotFile {
    std::chrono::milliseconds taken_at{};  ///< since 1970
    PenaltySnapshot penalties;
};

/// {"version": 1, "taken_at": …, "networks": [[name, score, age in ms], …], "accounts": …, "pairs": …, "good_pairs": …}
std::string to_json(const SnapshotFile& snapshot);
/// Errors: invalid (what is wrong). Numbers out of any sense are wrong too.
Result<SnapshotFile> parse_snapshot(std::string_view json);

}  // namespace posthouse::guard
