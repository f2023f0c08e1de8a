// What the index keeps of an account as a whole: its mailboxes' names as they were last told, and what happened to
// them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "storage/account_change.h"
#include "storage/index/rows.h"

namespace posthouse::storage {

/// How far the account's folders and its subscriptions were taken in.
struct AccountRow {
    Look root;                    ///< the account's folder
    Stamp subscriptions;          ///< zeros: there was no such file
    std::uint64_t mailboxes = 0;  ///< how many there were
    std::uint64_t floor = 0;      ///< changes at or below it aren't known one by one
    std::uint64_t entries = 0;    ///< in the log, but for those of messages
    bool operator==(const AccountRow&) const = default;
};
static_assert(std::is_trivially_copyable_v<AccountRow>);

/// A mailbox.
struct TreeRow {
    std::string guid;  ///< empty: it had none yet
    std::string name;
    bool operator==(const TreeRow&) const = default;
};
std::string encode(const TreeRow& row);
/// False: the bytes are damaged.
bool decode(std::string_view bytes, TreeRow& row);

/// An entry of the account's log.
struct AccountLogEntry {
    AccountEvent event{};
    FolderKey folder;  ///< zeros: of a subscription
    std::string guid;
    std::string name;
    std::string old_name;  ///< of annotations: the entry's name
    bool operator==(const AccountLogEntry&) const = default;
};
std::string encode(const AccountLogEntry& entry);
/// False: the bytes are damaged.
bool decode(std::string_view bytes, AccountLogEntry& entry);

}  // namespace posthouse::storage
