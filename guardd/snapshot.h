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
};

/// {"version": 1, "taken_at": …, "networks": [[name, score, age in ms], …], "accounts": …, "pairs": …, "good_pairs": …,
/// "events": …, "bans": [{…}, …], "repeats": …, "rates": {"user": [[name, hour, day], …], …}}, where hour and day are
/// [number of the window, amounts before, amounts within]; the last four may be missing.
std::string to_json(const SnapshotFile& snapshot);
/// Errors: invalid (what is wrong). Numbers out of any sense are wrong too.
Result<SnapshotFile> parse_snapshot(std::string_view json);

}  // namespace posthouse::guard
