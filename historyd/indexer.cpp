// From segments into the index.
#include "historyd/indexer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "historyd/segments.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::history {

Indexer::Indexer(const std::string& folder, std::chrono::seconds grace)
    : incoming_(folder + "/incoming"), grace_(grace), index_(folder + "/index") {}

/// One piece of one segment.
Result<> Indexer::take(const std::string& name, Pass& pass) {
    Result<Segment> segment = Segment::open(incoming_ + "/" + name);
    if (!segment && segment.error().code == ErrorCode::not_found) return {};
    if (!segment) return fail(segment.error());
    ++pass.segments;
    const bool finished = segment->finished();
    const std::uint64_t begin = index_.offset(name);
    const Result<std::string> text = segment->read(begin, max_chunk);
    if (!text) return fail(text.error());
    std::uint64_t offset = begin + text->size();
    if (!text->empty()) {
        const Chunk chunk = make_chunk(*text);
        if (Result<> added = index_.add(chunk, name, offset); !added) return added;
        pass.events += chunk.events;
        pass.damaged_lines += chunk.damaged;
        pass.lost += chunk.lost;
        pass.latest = std::max(pass.latest, chunk.last);
    }
    const Result<std::uint64_t> octets = segment->octets();
    const Result<std::int64_t> changed = segment->changed();
    if (!octets || !changed) return {};
    const std::uint64_t rest = *octets - std::min(*octets, offset);
    pass.waiting += rest;
    pass.more = pass.more || (rest > 0 && !text->empty());
    // A line whose end never came is left behind.
    if (finished && text->empty() && std::time(nullptr) - *changed >= grace_.count()) done_.push_back(name);
    return {};
}

Result<> Indexer::remove_done() {
    if (done_.empty()) return {};
    // What is removed must be on the disk here.
    if (Result<> written = index_.checkpoint(); !written) return written;
    for (const std::string& name : done_)
        if (::unlink((incoming_ + "/" + name).c_str()) != 0 && errno != ENOENT)
            return fail_errno("unlink " + incoming_ + "/" + name, errno);
    return index_.forget(done_);
}

Result<Pass> Indexer::pass() {
    if (!index_.is_open()) {
        if (Result<> opened = index_.open(); !opened) return fail(opened.error());
    }
    Pass pass;
    done_.clear();
    const Result<std::vector<std::string>> names = segment_names(incoming_);
    if (!names && names.error().code == ErrorCode::not_found) return pass;
    if (!names) return fail(names.error());
    for (const std::string& name : *names)
        if (Result<> taken = take(name, pass); !taken) return fail(taken.error());
    if (Result<> removed = remove_done(); !removed) return fail(removed.error());
    // Killed between the removal of a segment and that of its offset.
    if (names->size() == max_segments) return pass;
    if (Result<> forgotten = index_.forget(index_.gone(*names)); !forgotten) return fail(forgotten.error());
    return pass;
}

Result<> Indexer::tidy(const Index::Limits& limits, std::int64_t now) {
    if (!index_.is_open()) {
        if (Result<> opened = index_.open(); !opened) return opened;
    }
    return index_.tidy(limits, now);
}

}  // namespace posthouse::history
