// An account's folders on disk: made so that they are whole or not there, and taken away.
#pragma once

#include <functional>
#include <string>

#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/folder_moves.h"
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
/// Puts what else a new mailbox begins with into its folder, which is open, before anybody can see it.
using FillFolder = std::function<Result<>(int folder)>;
/// Makes a mailbox's folder, called `place` in the account's, with its missing parents: whole at once, and durable. A
/// folder of the fs layout that is only a parent becomes the mailbox. exists. With the account's lock held.
Result<> make_mailbox(int root, const Layout& layout, const std::string& place, const FillFolder& fill);
/// What takes a mailbox's folder away to `trash`: the folder or, where others lie in it (fs layout), the mailbox's own
/// in it; cur/ first.
Result<FolderMoves> moves_to_trash(int root, const Layout& layout, const std::string& place, const std::string& trash);
/// Messages wait in the folder's new/, whether or not it is a mailbox's.
Result<bool> holds_new_mail(int root, const std::string& place);
/// A new name, in the account's tmp/, for what is about to be removed.
std::string new_trash();
/// Removes it; what can't be removed is left to tidying up.
void empty_trash(int root, const std::string& trash);

}  // namespace posthouse::storage
