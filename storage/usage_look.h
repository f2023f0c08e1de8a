// UsageLook: what an account's mail takes now, out of the index's rows, as far as the folders don't contradict them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "storage/index/transaction.h"
#include "storage/mailbox_name.h"
#include "storage/quota.h"
#include "storage/store_state.h"

namespace posthouse::storage {

/// Looks at one account again and again; used by one thread at a time. A look costs four stats for each mailbox, and a
/// reading of new/ where that changed. All rows are of one snapshot, so a message that moves meanwhile counts once.
class UsageLook {
  public:
    /// So many messages are counted in new/ by their names; more are numbered, and then known to the index.
    static constexpr std::size_t most_unnumbered = 64;

    UsageLook(std::shared_ptr<StoreState> store, std::string account_root)
        : store_(std::move(store)), root_(std::move(account_root)) {}

    /// The sum of the mailboxes that `limits` counts; no account: nothing. A mailbox whose rows aren't true any more is
    /// synchronised, and numbers its messages. busy, no_space, io: it can't be told now.
    Result<Usage> usage(const QuotaLimits& limits);

  private:
    struct MailboxPlace {
        std::string below;  ///< of the account's folder: begins the paths of what lies in the mailbox's
        FolderKey folder;
    };
    /// A mailbox's messages in new/ that the index knows, while its row is as it was.
    struct Known {
        MailboxRow row;
        std::unordered_set<std::string> bases;
    };
    enum class Effort {
        exact,         ///< nothing is told when the mailbox is to be synchronised first
        best_possible  ///< something is told: it was synchronised, and others changed it at once, or the disk is full
    };

    Result<std::vector<MailboxPlace>> places(int root, const QuotaLimits& limits) const;
    Result<std::optional<Usage>> count(int root, const IndexReader& reader, const MailboxPlace& place, Effort effort);
    Result<std::optional<Usage>> count_unnumbered(int root, const IndexReader& reader, const MailboxPlace& place,
                                                  const MailboxRow& row, Effort effort);
    const std::unordered_set<std::string>& known_fresh(const IndexReader& reader, const FolderKey& folder,
                                                       const MailboxRow& row);

    std::shared_ptr<StoreState> store_;
    std::string root_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Known> known_;  // by device and inode
};

}  // namespace posthouse::storage
