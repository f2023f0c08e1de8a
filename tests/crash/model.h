// The mail of one account in memory: what the engine must do, in a hundred lines.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/flags.h"
#include "storage/types.h"

namespace posthouse::storage::crash {

struct ModelMessage {
    std::string token;
    Flags flags;
    bool operator==(const ModelMessage&) const = default;
};

/// One mailbox. Commands look first: what was delivered gets its UIDs then, in the order it came.
struct ModelMailbox {
    std::map<std::uint32_t, ModelMessage> messages;  ///< by UID
    std::vector<std::string> pending;                ///< delivered, seen by nobody
    std::uint32_t next = 1;
    bool deleted = false;

    void look() {
        for (std::string& token : pending) messages[next++] = {std::move(token), {}};
        pending.clear();
    }
    std::uint32_t append(const ModelMessage& message) {
        look();
        messages[next] = message;
        return next++;
    }
    std::vector<std::uint32_t> existing(const UidSet& uids) {
        look();
        std::vector<std::uint32_t> found;
        for (const auto& [uid, message] : messages)
            if (uids.contains(Uid(uid))) found.push_back(uid);
        return found;
    }
    std::vector<std::uint32_t> store(const UidSet& uids, const FlagChange& change) {
        const std::vector<std::uint32_t> found = existing(uids);
        for (const std::uint32_t uid : found) messages[uid].flags = changed(messages[uid].flags, change);
        return found;
    }
    std::vector<std::uint32_t> expunge(const UidSet& uids, bool only_deleted) {
        std::vector<std::uint32_t> gone = existing(uids);
        std::erase_if(
            gone, [&](std::uint32_t uid) { return only_deleted && !messages[uid].flags.system.has(Flag::deleted); });
        for (const std::uint32_t uid : gone) messages.erase(uid);
        return gone;
    }
    /// The new UIDs; the target may be this mailbox.
    std::vector<std::uint32_t> copy(const UidSet& uids, ModelMailbox& target, bool moves) {
        const std::vector<std::uint32_t> found = existing(uids);
        std::vector<std::uint32_t> made;
        for (const std::uint32_t uid : found) made.push_back(target.append(ModelMessage(messages[uid])));
        if (moves)
            for (const std::uint32_t uid : found) messages.erase(uid);
        return made;
    }
    static Flags changed(const Flags& old, const FlagChange& change) {
        if (change.action == FlagAction::replace) return change.flags;
        const bool adds = change.action == FlagAction::add;
        const unsigned given = change.flags.system.bits();
        const unsigned bits = adds ? old.system.bits() | given : old.system.bits() & ~given;
        std::vector<std::string> names = old.keywords.names();
        for (const std::string& name : change.flags.keywords.names())
            if (adds)
                names.push_back(name);
            else
                std::erase(names, name);
        return {SystemFlags::from_bits(static_cast<std::uint8_t>(bits)), Keywords::make(names).value()};
    }
};

using ModelAccount = std::map<std::string, std::shared_ptr<ModelMailbox>>;  ///< by name

}  // namespace posthouse::storage::crash
