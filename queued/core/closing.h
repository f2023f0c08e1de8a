// Closing: what is written down of a message's deliveries, and what follows when they are over: reports, and the next
// time it is due, or its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queued/core/parts.h"
#include "queued/core/work.h"
#include "queued/spool/order.h"

namespace posthouse::queued {

/// What became of the message when nothing more could be done now.
struct Closed {
    std::optional<std::int64_t> due{};  ///< seconds since 1970, as its file's name says; nullopt: it has left the queue
    std::vector<std::string> written{};  ///< ids of the reports that were put into the queue
};

/// What a delivery to that group told, as events: alike fates are one.
std::vector<spool::Event> events_of(const Group& group, const Attempt& attempt);

/// Writes what became of recipients into the message's journal, durably, and into the log. Nobody is told of a failure
/// of what has no sender, so the postmaster's report is written before it counts. Gives the ids of such reports. The
/// entry is open. Errors: no_space, io; unavailable (the directory can't say now who is the postmaster): nothing counts
/// then.
net::Async<Result<std::vector<std::string>>> record(Parts& parts, Work& work, std::vector<spool::Event> events);

/// What was done because an administrator ordered it.
struct Obeyed {
    bool gone = false;                   ///< it has left the queue, or is held
    std::vector<std::string> written{};  ///< ids of the reports that were put into the queue
};
/// Does it; nothing is held or given up when nobody is due any more. The entry is open. Errors: as
/// record; it can be tried again.
net::Async<Result<Obeyed>> obey(Parts& parts, Work& work, const spool::Order& order);

/// Gives up whose time is over, writes the reports that are owed, and lets the message rest until it is due again, or
/// removes it. The entry is open. Errors: as record; what was done counts, and the rest can be tried again.
net::Async<Result<Closed>> close(Parts& parts, Work& work, schedule::Random& random);

}  // namespace posthouse::queued
