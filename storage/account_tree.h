// An account's folders on disk: made so that they are whole or not there, found, renamed.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/mailbox_name.h"
#include "storage/store.h"

namespace posthouse::storage {

/// The lock of an account's tree (flock on its folder): CREATE, DELETE, RENAME, SUBSCRIBE. Taken before any mailbox's.
class AccountLock {
  public:
    static Result<AccountLock> take(const std::string& root, const Settings& settings);
    /// The account's folder, open.
    int root() const { return folder_.get(); }

  private:
    AccountLock(UniqueFd folder, FileLock lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
    UniqueFd folder_;
    FileLock lock_;
};

/// There is an INBOX.
Result<bool> is_account(const std::string& root);
/// Makes the account with its default folders; INBOX's cur/ comes last, so that a half made one is made again.
Result<> make_account(const std::string& root, const Settings& settings);
/// The names of all mailboxes but INBOX, by their folders; unsorted.
Result<std::vector<MailboxName>> mailbox_folders(int root, const Layout& layout);
/// Puts what else a new mailbox begins with into its folder, which is open, before anybody can see it.
using FillFolder = std::function<Result<>(int folder)>;
/// Makes a mailbox's folder, called `place` in the account's, whole at once and durable. exists. With the account's
/// lock held.
Result<> make_mailbox(int root, const std::string& root_path, const std::string& place, const FillFolder& fill);
/// From folder to folder.
using FolderMoves = std::vector<std::pair<std::string, std::string>>;
/// Renames mailboxes' folders, durably; several with an intent on disk first: all or none, for what fails is undone,
/// and what can't be undone is finished later. With the account's lock held.
Result<> move_folders(int root, const FolderMoves& moves);
/// Finishes renames that were interrupted; an error: they still are. With the account's lock held.
Result<> finish_rename(int root);
/// The same for whoever opens the account, who can go on when it is not possible now. Cheap when there are none.
Result<> finish_rename(const std::string& root, const Settings& settings);

}  // namespace posthouse::storage
