// One store's part in the wake marks: telling other processes, and waiting to be told by them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "storage/wake/wake_file.h"

namespace posthouse::storage {

/// Opens the file when it is first needed, and the next one when that is lost. tell() is thread-safe; of the other
/// calls one at a time.
class WakeMarks {
  public:
    /// `epoll` gets what becomes readable when there is something to take.
    WakeMarks(std::string index_root, int epoll) : index_root_(std::move(index_root)), epoll_(epoll) {}

    /// Wakes all others who wait for one of these, never the caller's own. Never fails: who can't be told polls.
    void tell(std::span<const WakeKey> keys);

    /// Waits for this bit from now on, or no longer.
    void watch(std::uint32_t bit);
    void unwatch(std::uint32_t bit);
    /// What was told since the last call.
    std::vector<std::uint32_t> take();
    /// Makes good what is wrong, at most once a second unless it must be `now`. True: something may not have been told.
    bool renew(bool now);
    /// Others can tell. Not so in the first seconds after something was wrong: they may not have noticed yet.
    bool is_told() const;
    /// The marks' folder, open; -1: there is none.
    int folder() const { return slot_ ? slot_->file()->folder() : -1; }

  private:
    std::shared_ptr<WakeFile> file(bool now, std::uint32_t& own_slot);
    void attach();
    void set_own_slot(std::uint32_t number);

    const std::string index_root_;
    const int epoll_;

    std::mutex mutex_;  ///< of what follows up to the blank line
    std::shared_ptr<WakeFile> file_;
    std::int64_t checked_ms_ = 0;
    bool is_missed_ = false;  ///< something couldn't be told
    bool is_warned_ = false;
    std::uint32_t own_slot_ = WakeFile::slot_count;  ///< in file_

    std::optional<WakeSlot> slot_;
    std::set<std::uint32_t> watched_;
    std::int64_t renewed_ms_ = 0;
    std::int64_t lost_ms_ = 0;  ///< 0: never
};

}  // namespace posthouse::storage
