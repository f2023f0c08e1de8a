// The counted failures as a JSON file, so that a restart forgets no attacker. Text in, values out; no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/ban.h"
#include "guardd/penalties.h"
#include "guardd/rates.h"
#include "lib/base/result.h"

namespace posthouse::guard {

/// A snapshot and the wall-clock time at which it was taken.
struct SnapshotFile {
    WallTime taken_at{};
    PenaltySnapshot penalties;
    std::uint64_t events = 0;  ///< number of the last event that it holds (event.h)
    std::vector<Ban> bans;
    std::vector<DecayingScores::Entry> repeats;
    std::array<std::vector<Rates::Entry>, rate_kinds> rates;  ///< by RateKind
    /// Of a file that was read: what had no sense and was passed over, one line for each part of the file.
    std::vector<std::string> damage{};
};

/// {"version": 1, "taken_at": …, "networks": [[name, score, age in ms], …], "accounts": …, "pairs": …, "good_pairs": …,
/// "events": …, "bans": [{…}, …], "repeats": …, "rates": {"user": [[name, {"hour": window, "day": window}], …], …}},
/// where a window is [its number, amounts before, amounts within].
std::string to_json(const SnapshotFile& snapshot);
/// Any part may be missing, as windows and kinds may that an older or a newer guardd doesn't know. What has no sense, a
/// number out of any too, is passed over and told in `damage`, entry by entry: it takes nothing else with it, bans
/// above all. Errors: invalid, when nothing can be read at all.
Result<SnapshotFile> parse_snapshot(std::string_view json);

}  // namespace posthouse::guard
