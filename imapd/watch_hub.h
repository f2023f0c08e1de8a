// WatchHub: wakes the sessions that idle in a mailbox which changed.
#pragma once

#include <chrono>
#include <map>
#include <memory>

#include "lib/net/loop.h"
#include "lib/net/poller.h"
#include "lib/net/stream.h"
#include "storage/watch.h"

namespace posthouse::imapd {

/// Joins storage's Watcher to the loop. Belongs to the loop's thread.
class WatchHub {
  public:
    WatchHub(net::Loop& loop, storage::Watcher& watcher);
    WatchHub(const WatchHub&) = delete;
    WatchHub& operator=(const WatchHub&) = delete;

    /// A watch of one mailbox or account; `stream` gets wake() at each change until this is destroyed. Look at the
    /// mailbox once after making it.
    class Watch {
      public:
        Watch(WatchHub& hub, const storage::Mailbox& mailbox, net::Stream& stream);
        /// The same for whatever Account::changes_since tells.
        Watch(WatchHub& hub, const storage::Account& account, net::Stream& stream);
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        ~Watch();
        /// Look at the mailbox at least this often, even without being woken.
        std::chrono::milliseconds poll_interval() const;

      private:
        WatchHub& hub_;
        storage::WatchId id_;
    };

    /// Runs until stop().
    static net::Async<> run(WatchHub* hub);
    void stop();

  private:
    storage::Watcher& watcher_;
    std::unique_ptr<net::Poller> poller_;
    std::map<storage::WatchId, net::Stream*> waiting_;
};

}  // namespace posthouse::imapd
