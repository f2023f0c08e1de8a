// Reading the index and what is not in it yet.
#include "historyd/archive.h"

#include <algorithm>
#include <ranges>

#include "historyd/index.h"
#include "lib/base/ascii.h"
#include "lib/story/search.h"

namespace posthouse::history {
namespace {

/// False: it was enough.
bool each_event(std::string_view lines, const std::vector<std::string>& keys, Span span,
                const std::function<bool(const story::Event&)>& call) {
    bool more = true;
    for (const std::string_view line : ascii::split(lines, '\n')) {
        if (line.empty()) continue;
        const Result<story::Event> event = story::parse_line(line);
        if (!event || event->time < span.since || event->time > span.until) continue;
        if (!keys.empty() && !story::has_key(*event, keys)) continue;
        more = call(*event) && more;
    }
    return more;
}

}  // namespace

// Segments are opened before the index is: one that historyd removes in between is in the index then, and what is
// indexed in between is told apart by the offset that the index holds.
Result<Archive> Archive::open(const std::string& folder) {
    Archive archive;
    const Result<std::vector<std::string>> names = segment_names(folder + "/incoming");
    if (!names && names.error().code != ErrorCode::not_found) return fail(names.error());
    if (names) {
        for (const std::string& name : *names) {
            Result<Segment> segment = Segment::open(folder + "/incoming/" + name);
            if (segment)
                archive.segments_.push_back({name, std::move(*segment)});
            else if (segment.error().code != ErrorCode::not_found)
                archive.notes_.push_back(segment.error().message());
        }
    }
    const std::vector<std::uint64_t> numbers = index_files(folder + "/index");
    if (!names && numbers.empty()) return fail(ErrorCode::not_found, "No story was told yet", folder);
    for (const std::uint64_t number : numbers | std::views::reverse) {
        const std::string path = index_path(folder + "/index", number);
        Result<IndexFile> file = IndexFile::open(path, Database::Open::read);
        if (!file && file.error().code == ErrorCode::denied) return fail(file.error());
        Result<> still = file ? file->hold_still() : fail(file.error());
        auto offsets = still ? file->offsets() : fail(still.error());
        if (!offsets && offsets.error().code == ErrorCode::not_found) continue;
        if (!offsets) {
            archive.notes_.push_back(path + ": " + offsets.error().message());
            continue;
        }
        for (const auto& [name, octets] : *offsets) archive.offsets_[name] = std::max(archive.offsets_[name], octets);
        archive.files_.push_back(std::move(*file));
    }
    return archive;
}

Result<> Archive::each_in_segments(const std::vector<std::string>& keys, Span span, const Call& call) const {
    for (const OpenSegment& open : segments_ | std::views::reverse) {
        const auto indexed = offsets_.find(open.name);
        std::uint64_t offset = indexed == offsets_.end() ? 0 : indexed->second;
        for (;;) {
            const Result<std::string> lines = open.segment.read(offset, max_chunk);
            if (!lines) return fail(lines.error());
            if (lines->empty()) break;
            offset += lines->size();
            each_event(*lines, keys, span, call);
        }
    }
    return {};
}

Result<> Archive::each(const std::vector<std::string>& keys, Span span, const Call& call) {
    if (Result<> done = each_in_segments(keys, span, call); !done) return done;
    bool more = true;
    const auto look = [&](std::string_view lines) {
        more = each_event(lines, keys, span, call);
        return more;
    };
    for (IndexFile& file : files_) {
        if (!more) return {};
        const Result<> found = file.find(keys, span.since, span.until, look);
        // A damaged file: what it doesn't give is missing, the others go on.
        if (!found) notes_.push_back(found.error().message());
    }
    return {};
}

}  // namespace posthouse::history
