// Chunk: some lines of a segment as they go into the index: together with all that any of them is found by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::history {

/// Most octets of lines in one chunk: what is read, searched and kept in memory at a time.
inline constexpr std::size_t max_chunk = 64u << 10;

struct Chunk {
    std::string lines{};               ///< of events, each with its line feed; others are left out
    std::int64_t first = 0;            ///< time of the earliest event, milliseconds since 1970
    std::int64_t last = 0;             ///< of the latest
    std::uint64_t events = 0;          ///< lines
    std::uint64_t damaged = 0;         ///< lines that were none
    std::uint64_t lost = 0;            ///< events that daemons say they could not write
    std::vector<std::int64_t> keys{};  ///< hashes of the events' keys, rising, none twice
};

/// Sorts out `text`: whole lines.
Chunk make_chunk(std::string_view text);
/// The number that stands for a key in the index. Different keys may have the same: events that are found are looked
/// at.
std::int64_t hash_of(std::string_view key);

}  // namespace posthouse::history
