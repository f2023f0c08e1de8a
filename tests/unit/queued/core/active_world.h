// ActiveTest: a queue in memory with messages, and what their delivery tells.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/queued/core/queue_world.h"

namespace posthouse::queued {

using spool::EventKind;
using spool::Folder;

inline spool::Envelope envelope_to(const std::vector<std::pair<std::string, std::string>>& recipients,
                                   std::string_view sender = "alice@local.example") {
    spool::Envelope envelope;
    envelope.id = make_id();
    envelope.arrived = std::time(nullptr);
    if (!sender.empty()) envelope.sender = spool::mailbox(sender);
    envelope.client.address = "192.0.2.7";
    for (const auto& [address, transport] : recipients)
        envelope.recipients.push_back({.address = spool::mailbox(address), .transport = transport});
    return envelope;
}

inline Fate refused(std::string status = "5.1.1", std::string reply = "550 5.1.1 No such user") {
    return {.kind = EventKind::bounced,
            .remote = "mx.example.net[192.0.2.1]",
            .status = std::move(status),
            .reply = std::move(reply)};
}

inline Fate put_off() {
    return {.kind = EventKind::deferred,
            .remote = "mx.example.net[192.0.2.1]",
            .status = "4.2.1",
            .reply = "450 4.2.1 Greylisted"};
}

class ActiveTest : public testing::Test {
  protected:
    bool is_empty() const {
        return std::ranges::all_of(spool::all_folders, [&](Folder folder) { return world.files(folder).empty(); });
    }
    std::size_t count() const { return world.courier.deliveries.size(); }
    /// Opens the message as the command line does, once queued has let go of it.
    spool::Entry opened(const std::string& id) {
        const spool::Spool spool = spool::Spool::open(world.config.general.spool_folder).value();
        std::optional<spool::Entry> entry;
        world.until([&] {
            const Result<spool::Place> place = spool.find(id);
            Result<spool::Entry> tried = place ? spool.open(*place) : fail(place.error());
            if (tried) entry.emplace(*std::move(tried));
            return entry.has_value();
        });
        return *std::move(entry);
    }
    /// Other servers refuse everybody; mailboxes here take all.
    void refuse_elsewhere() {
        world.courier.fate = [](const std::string& destination, const std::string&) {
            return destination == "local" ? Fate{.kind = EventKind::delivered} : refused();
        };
    }
    QueueWorld world;
};

}  // namespace posthouse::queued
