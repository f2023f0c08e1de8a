// Watcher: tells an event loop through one file descriptor which mailboxes may have changed (IDLE). Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/mailbox.h"
#include "storage/wake/wake_key.h"

namespace posthouse::storage {

class Account;

/// One who waits for changes of a mailbox or an account; never used twice in a process.
using WatchId = std::uint64_t;

/// All watches of this process. A hint, not a promise: who is told refreshes its View and may find nothing; changes by
/// this very session are told as well. Told are: changes through this Watcher at once; those of other processes by wake
/// marks (docs/decisions/0053-wake-marks.md), when they are in the index; those of other programs by inotify, a tenth
/// of a second later, for by then one of us would have said that it was him.
class Watcher {
  public:
    /// Wake marks lie in `index_root`; nothing is opened before it is needed.
    explicit Watcher(std::string index_root);
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Readable (level-triggered) when `drain` has something to tell, sometimes for nothing. -1: none can be had; then
    /// refresh each `poll_interval`. Owned by the Watcher.
    int fd() const;
    /// Begins to watch. What changed before isn't told: refresh after this call. Always succeeds; see `poll_interval`.
    WatchId add(const Mailbox& mailbox);
    /// The same for an account: told is whatever Account::changes_since would tell. What other programs do to messages
    /// isn't, but where the mailbox is watched too.
    WatchId add(const Account& account);
    /// Ends a watch.
    void remove(WatchId id);
    /// Who is to refresh now. Never blocks.
    std::vector<WatchId> drain();
    /// How often to refresh a waiting session even when nothing is told: long when all changes are told, short when
    /// some can't be (no watches left, remote file system, no place among the wake marks).
    std::chrono::milliseconds poll_interval(WatchId id);
    /// For storage's own parts: this process changed something, and whoever looks now sees it. Here and in all other
    /// processes, who waits for one of the keys is told. Never fails; some ten nanoseconds when nobody waits.
    void tell(std::span<const WakeKey> keys);
    /// For storage's own parts: files of this mailbox were moved, which is nobody's concern.
    void forgive(WakeKey mailbox);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::storage
