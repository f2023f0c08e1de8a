// The account's own change log: mailboxes made, renamed and deleted, subscriptions, and which mailboxes' messages
// changed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/account_change.h"
#include "storage/index/account_rows.h"
#include "storage/index/transaction.h"
#include "storage/store_state.h"

namespace posthouse::storage {

/// An account's mailboxes and subscriptions at one moment.
struct AccountTree {
    std::map<FolderKey, TreeRow> mailboxes;  ///< INBOX among them
    std::vector<std::string> subscriptions;  ///< names, sorted
    bool operator==(const AccountTree&) const = default;
};
/// What leads from one to the other: deletions, renames, creations, then subscriptions. Pure. A mailbox that kept its
/// folder and has another GUID is another mailbox; an unknown GUID is no other.
std::vector<AccountLogEntry> differences(const AccountTree& before, const AccountTree& now);

/// But for annotations nobody writes to this log but by comparing: whoever changed the tree, in whatever program, the
/// next comparison finds it and notes it once, also when he died before he could.
class AccountLog {
  public:
    AccountLog(std::shared_ptr<StoreState> store, std::string root)
        : store_(std::move(store)), root_(std::move(root)), place_(store_->index_place(root_)) {}

    /// Compares what lies on disk with what the log knows, notes the differences, each with a modseq of its own,
    /// removes what the index holds of mailboxes that are gone, and tells who waits for the account. With the account's
    /// lock held; `root` is its open folder. Costs in proportion to the number of mailboxes.
    Result<> catch_up(int root) const;
    /// The same when something may have changed, which few stats tell, and nobody else is at it.
    Result<> catch_up_if_stale() const;
    /// The same for LIST, which is to stay cheap: when the number of `mailboxes` or the subscriptions tell; `root` is
    /// the account's open folder. Fails silently.
    void catch_up_if_obvious(int root, std::size_t mailboxes) const;
    /// An annotation of a mailbox (its open folder), or of the account as a whole, was set or removed. The one thing
    /// that isn't found by comparing: who dies before this is not made up for. Fails silently.
    void note_annotation(int folder, AccountEvent event, const std::string& entry) const;
    /// See Account::changes_since.
    Result<AccountChanges> changes_since(ModSeq since) const;

  private:
    struct Disk {
        AccountTree tree;
        AccountRow row;  ///< its stamps
    };
    Result<Disk> read_disk(int root) const;
    Result<std::vector<MailboxName>> read_names(int root) const;
    std::map<FolderKey, TreeRow> folders_of(int root, const std::vector<MailboxName>& names) const;
    Result<bool> is_stale(const std::optional<AccountRow>& row, int root) const;
    Result<> try_catch_up(int root) const;
    Result<> look_at_mailboxes() const;
    void forget_old(IndexWriter& writer, AccountRow& row) const;

    std::shared_ptr<StoreState> store_;
    std::string root_;
    IndexPlace place_;
};

}  // namespace posthouse::storage
