// Watcher: tells an event loop through one file descriptor which mailboxes may have changed (IDLE). Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox.h"

namespace posthouse::storage {

/// One who waits for changes of a mailbox; never used twice in a process.
using WatchId = std::uint64_t;

/// All watches of this process. A hint, not a promise: who is told refreshes its View and may find nothing; changes by
/// this very session are told as well.
class Watcher {
  public:
    Watcher();
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Readable (level-triggered) when `drain` has something to tell. -1: none can be had; then refresh each
    /// `poll_interval`. Owned by the Watcher.
    int fd() const;
    /// Begins to watch. What changed before isn't told: refresh after this call. Always succeeds; see `poll_interval`.
    WatchId add(const Mailbox& mailbox);
    /// Ends a watch.
    void remove(WatchId id);
    /// Who is to refresh now. Never blocks.
    std::vector<WatchId> drain();
    /// How often to refresh a waiting session even when nothing is told: long when the kernel tells of changes, short
    /// when it can't (no watches left, remote file system).
    std::chrono::milliseconds poll_interval(WatchId id) const;
    /// For storage's own parts: this process changed a mailbox.
    void changed(const void* mailbox_state);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::storage
