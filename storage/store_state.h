// What all parts of one Store share: settings, lock files, and the mailboxes in memory.
#pragma once

#include <sys/types.h>

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "lib/base/result.h"
#include "storage/dot_lock.h"
#include "storage/index/index.h"
#include "storage/store.h"
#include "storage/watch.h"

namespace posthouse::storage {

class MailboxState;

/// The inside of a Store; kept alive by every mailbox that is open. Thread-safe.
class StoreState {
  public:
    explicit StoreState(Settings settings);
    ~StoreState();

    const Settings& settings() const { return settings_; }
    /// The host's name for file names.
    const std::string& host() const { return locks_.host(); }
    PreparedLocks& locks() { return locks_; }
    Watcher& watcher() { return watcher_; }

    /// mail_root/<domain>/<local part>.
    std::string root_of(const AccountName& name) const;
    /// Where the index of the account with this folder lies.
    IndexPlace index_place(const std::string& account_root) const;
    /// Who waits for whatever happens in the account with this folder.
    WakeKey wake_key(const std::string& account_root) const;
    /// The shared memory of the mailbox in the folder at `place` below the account's, or "". not_found: no such folder,
    /// or it is a parent only.
    static Result<std::shared_ptr<MailboxState>> mailbox(const std::shared_ptr<StoreState>& store,
                                                         const std::string& account_root, const std::string& place);
    /// Forgets a mailbox that was deleted, or whose memory ends.
    void forget(const MailboxState& mailbox);
    /// Lets go of the mailboxes kept in memory; from now on only those in use are.
    void close();

  private:
    using Key = std::pair<dev_t, ino_t>;
    std::shared_ptr<MailboxState> known(const Key& key);
    std::shared_ptr<MailboxState> adopt(std::shared_ptr<MailboxState> mailbox);
    void keep(const std::shared_ptr<MailboxState>& mailbox);

    Settings settings_;
    PreparedLocks locks_;
    Watcher watcher_;
    std::mutex mutex_;
    bool closed_ = false;
    std::map<Key, std::weak_ptr<MailboxState>> mailboxes_;
    std::list<std::shared_ptr<MailboxState>> recent_;  ///< kept in memory though nobody may use them, newest first
};

}  // namespace posthouse::storage
