// Work: a message that is being worked on.
#include "queued/core/work.h"

#include <algorithm>

namespace posthouse::queued {
namespace {

/// Where it lies, as far as its name tells. `anywhere`: whatever its name is now, for which all names are read.
Result<spool::Entry> open_where_it_lies(spool::Spool& spool, const spool::Place& known, bool anywhere) {
    Result<spool::Entry> entry = spool.open(known);
    if (entry || entry.error().code != ErrorCode::not_found) return entry;
    const bool new_one = known.folder == spool::Folder::incoming;
    entry = spool.open({new_one ? spool::Folder::deferred : spool::Folder::incoming, known.name});
    if (entry || entry.error().code != ErrorCode::not_found || !anywhere) return entry;
    const Result<spool::Place> found = spool.find(known.name.id);
    if (!found) return fail(found.error());
    const bool rests = found->folder == spool::Folder::hold || found->folder == spool::Folder::corrupt;
    if (rests) return fail(ErrorCode::not_found, "The message is kept back");
    return spool.open(*found);
}

}  // namespace

bool Work::over() const {
    return std::ranges::all_of(parts, [](const Part& part) { return part.state == State::over; });
}

bool Work::running() const {
    return std::ranges::any_of(parts, [](const Part& part) { return part.state == State::running; });
}

bool Work::skip_waiting() {
    bool some = false;
    for (Part& part : parts) {
        if (part.state != State::waiting) continue;
        part.state = State::over;
        some = true;
    }
    return some;
}

Work::Part* Work::waiting_for(std::string_view destination) {
    const auto waits = [&](const Part& part) {
        return part.state == State::waiting && part.group.destination == destination;
    };
    const auto found = std::ranges::find_if(parts, waits);
    return found == parts.end() ? nullptr : &*found;
}

net::Async<Result<>> open_entry(Work& work, net::Pool& disk, spool::Spool& spool) {
    if (work.entry) co_return Result<>{};
    const spool::Place place = work.place;
    const bool anywhere = work.haste == Haste::all;
    Result<spool::Entry> entry = co_await disk.run([&] { return open_where_it_lies(spool, place, anywhere); });
    if (!entry) {
        work.gone = entry.error().code == ErrorCode::not_found || entry.error().code == ErrorCode::invalid;
        co_return fail(entry.error());
    }
    work.place = entry->place();
    work.entry.emplace(*std::move(entry));
    co_return Result<>{};
}

net::Async<Result<std::string>> EntrySource::read(std::uint64_t offset) {
    const Result<> turn = co_await work_.turn.acquire(net::Deadline::never());
    if (!turn) co_return fail(turn.error());
    Result<std::string> piece = co_await disk_.run([&]() -> Result<std::string> {
        const std::uint64_t left = size() - std::min(offset, size());
        std::string octets(static_cast<std::size_t>(std::min<std::uint64_t>(left, Source::piece)), '\0');
        const Result<std::size_t> got = work_.entry->read(offset, octets);
        if (!got) return fail(got.error());
        octets.resize(*got);
        return octets;
    });
    work_.turn.release();
    co_return piece;
}

}  // namespace posthouse::queued
