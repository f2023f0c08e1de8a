// Reading along.
#include "historyd/follower.h"

#include <algorithm>

#include "historyd/chunk.h"
#include "lib/base/ascii.h"

namespace posthouse::history {

Follower::Follower(const std::string& folder) : incoming_(folder + "/incoming") {
    (void)find_segments(false);  // what fails now fails again when it is looked at
}

Result<> Follower::find_segments(bool from_start) {
    const Result<std::vector<std::string>> names = segment_names(incoming_);
    for (auto& [name, place] : places_) place.present = false;
    if (!names && names.error().code == ErrorCode::not_found) return {};
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
        if (const auto known = places_.find(name); known != places_.end()) {
            known->second.present = true;
            continue;
        }
        Result<Segment> segment = Segment::open(incoming_ + "/" + name);
        if (!segment) continue;  // gone already
        const std::uint64_t offset = from_start ? 0 : segment->octets().value_or(0);
        places_.emplace(name, Place{std::move(*segment), offset});
    }
    return {};
}

Result<> Follower::look(const std::function<void(const story::Event&)>& call) {
    if (Result<> found = find_segments(true); !found) return found;
    for (auto& [name, place] : places_) {
        for (;;) {
            const Result<std::string> lines = place.segment.read(place.offset, max_chunk);
            if (!lines || lines->empty()) break;
            place.offset += lines->size();
            for (const std::string_view line : ascii::split(*lines, '\n'))
                if (const Result<story::Event> event = story::parse_line(line)) call(*event);
        }
    }
    std::erase_if(places_, [](const auto& entry) { return !entry.second.present; });
    return {};
}

}  // namespace posthouse::history
