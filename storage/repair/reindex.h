// An account's index made anew, whole and at once instead of when it is needed.
#pragma once

#include <cstdint>

#include "lib/base/result.h"
#include "storage/repair/repair.h"
#include "storage/store.h"

namespace posthouse::storage {

struct Reindexed {
    std::uint64_t mailboxes = 0;
    std::uint64_t messages = 0;
};

/// Throws the index away and makes the rows of every mailbox; with `summaries` also what FETCH, SORT and SEARCH want to
/// know of messages' content, for which each is read. Sessions of all processes go on. A mailbox or message that can't
/// be read is a finding (unusable, unreadable). not_found: no such account.
Result<Reindexed> reindex_account(Store& store, const AccountName& account, bool summaries, RepairListener& listener);

}  // namespace posthouse::storage
