// Scanner: reads the names in the queue's folders: all of them at the start, then those of folders that have changed,
// and what the window has no room for.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/net/event.h"
#include "queued/core/active.h"
#include "queued/core/parts.h"

namespace posthouse::queued {

/// Of the loop's thread. A million names are read in batches, between which everybody else goes on. An id that is in
/// two folders, or twice in one, is told before any message of these folders may be taken up.
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
    /// A folder as it was read last.
    struct Seen {
        std::int64_t changed_at = -1;    ///< its time of change when that began
        bool settled = false;            ///< a change since has another time
        net::Clock::time_point again{};  ///< not before
    };
    /// What a file's name tells.
    struct Name {
        schedule::MessageId id;
        std::int64_t due;
    };
    using Names = std::array<std::vector<Name>, spool::all_folders.size()>;
    static net::Async<> wake_at_end(Scanner* scanner, net::Event* stopping);
    net::Async<Result<>> scan_once(net::Event& stopping);
    net::Async<Result<>> scan_all(net::Event& stopping);
    net::Async<Result<>> scan_if_changed(spool::Folder folder, net::Event& stopping);
    net::Async<Result<>> scan(std::span<const spool::Folder> folders, net::Event& stopping);
    net::Async<Result<>> read(spool::Folder folder, Names& names, net::Event& stopping);
    net::Async<Result<>> find_doubles(std::span<const spool::Folder> folders, const Names& names);
    net::Async<> offer(const std::vector<Name>& names, net::Event& stopping);
    metrics::Gauge& gauge_of(spool::Folder folder);
    Seen& seen(spool::Folder folder) { return seen_[static_cast<std::size_t>(folder)]; }
    net::Async<> sweep();

    Parts& parts_;
    Active& active_;
    bool has_scanned_ = false;
    bool told_foreign_ = false;
    std::chrono::steady_clock::time_point swept_{};
    std::chrono::steady_clock::time_point scanned_{};
    std::array<Seen, spool::all_folders.size()> seen_;
    /// Of the ids in each folder, as it was read last: hashes, in order. Eight bytes for each message of the queue.
    std::array<std::vector<std::uint64_t>, spool::all_folders.size()> ids_;
    bool was_told_ = false;  ///< incoming/ is read, whatever its time of change
    net::Event wake_;
    net::Clock::time_point next_{};  ///< the next scan
};

}  // namespace posthouse::queued
