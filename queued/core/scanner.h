// Scanner: reads the names in the queue's folders: all of them at the start, then what nobody told of, and what the
// window has no room for.
#pragma once

#include <chrono>
#include <cstdint>

#include "lib/net/event.h"
#include "queued/core/active.h"
#include "queued/core/parts.h"

namespace posthouse::queued {

/// Of the loop's thread. A million names are read in batches, between which everybody else goes on.
class Scanner {
  public:
    Scanner(Parts& parts, Active& active);

    /// Scans until `stopping` is cancelled.
    net::Async<> run(net::Event& stopping);
    /// A message has come. Not of each one queued is told: the socket is full when many come at a time. So incoming/ is
    /// read soon after the last of whom it was told.
    void heard();
    /// All folders were read once.
    bool has_scanned() const { return has_scanned_; }

  private:
    struct Counts {
        std::uint64_t messages = 0;
        std::uint64_t foreign = 0;
    };
    static net::Async<> wake_at_end(Scanner* scanner, net::Event* stopping);
    net::Async<Result<>> scan_once(net::Event& stopping);
    net::Async<Result<>> scan_all(net::Event& stopping);
    net::Async<Result<Counts>> scan(spool::Folder folder, net::Event& stopping);
    net::Async<> sweep();

    Parts& parts_;
    Active& active_;
    bool has_scanned_ = false;
    bool told_foreign_ = false;
    std::chrono::steady_clock::time_point swept_{};
    std::chrono::steady_clock::time_point scanned_{};
    net::Event wake_;
    net::Clock::time_point next_{};  ///< the next scan
};

}  // namespace posthouse::queued
