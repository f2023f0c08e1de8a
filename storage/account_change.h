// What happens in an account, as its log tells it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/mailbox_name.h"
#include "storage/types.h"

namespace posthouse::storage {

/// The values are kept on disk.
enum class AccountEvent : std::uint8_t {
    created = 1,
    renamed = 2,
    deleted = 3,
    subscribed = 4,
    unsubscribed = 5,
    messages = 6,           ///< messages or flags in a mailbox; only the last time is told of each mailbox
    annotated = 7,          ///< a mailbox's annotation that its owner sees was set or removed
    annotated_account = 8,  ///< one of the account as a whole
};

/// One change.
struct AccountChange {
    ModSeq modseq;
    AccountEvent event{};
    std::string guid;      ///< the mailbox's; empty: of a subscription, or nobody has looked into the mailbox yet
    MailboxName name;      ///< what it is called since; of messages: what it is called now
    MailboxName old_name;  ///< of renamed
    std::string entry;     ///< of annotated: the annotation's name
};

/// What changed since a modseq.
struct AccountChanges {
    ModSeq now;          ///< to ask with the next time
    bool whole = false;  ///< too long ago, or the index was lost: compare everything; `changes` is empty
    std::vector<AccountChange> changes;  ///< in the order of their modseqs
};

}  // namespace posthouse::storage
