// Lines on their way into the index.
#include "historyd/chunk.h"

#include <algorithm>
#include <limits>

#include "lib/base/ascii.h"
#include "lib/story/event.h"
#include "lib/story/search.h"
#include "lib/story/telling.h"

namespace posthouse::history {

/// FNV-1a, of 64 bits.
std::int64_t hash_of(std::string_view key) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return static_cast<std::int64_t>(hash);
}

Chunk make_chunk(std::string_view text) {
    Chunk chunk;
    chunk.lines.reserve(text.size());
    chunk.first = std::numeric_limits<std::int64_t>::max();
    chunk.last = std::numeric_limits<std::int64_t>::min();
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (line.empty()) continue;
        const Result<story::Event> event = story::parse_line(line);
        if (!event) {
            ++chunk.damaged;
            continue;
        }
        chunk.lines.append(line).append("\n");
        chunk.first = std::min(chunk.first, event->time);
        chunk.last = std::max(chunk.last, event->time);
        ++chunk.events;
        // What has a reason was left out on purpose, and is no trouble.
        if (event->kind == story::Kind::lost && story::field(*event, "reason").empty())
            chunk.lost += ascii::parse_number(story::field(*event, "count")).value_or(0);
        for (const std::string& key : story::keys_of(*event)) chunk.keys.push_back(hash_of(key));
    }
    if (chunk.events == 0) chunk.first = chunk.last = 0;
    std::ranges::sort(chunk.keys);
    const auto again = std::ranges::unique(chunk.keys);
    chunk.keys.erase(again.begin(), again.end());
    return chunk;
}

}  // namespace posthouse::history
