// What changed in a mailbox while it is in memory: one movable entry per message, and a tombstone for each that is
// gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace posthouse::storage {

/// Entries ordered by the counter's value at the change. Bounded: the oldest go first and raise the floor.
class ChangeLog {
  public:
    struct Entry {
        std::uint32_t uid = 0;
        bool gone = false;
    };

    explicit ChangeLog(std::size_t max_entries) : max_entries_(max_entries) {}

    /// The counter's value now.
    std::uint64_t now() const { return now_; }
    /// Changes at or below it are no longer known one by one.
    std::uint64_t floor() const { return floor_; }
    /// Notes a change of a message; `last` is the value it had before (0: none), replaced.
    void note(std::uint32_t uid, bool gone, std::uint64_t& last) {
        entries_.erase(last);
        last = ++now_;
        entries_.emplace(last, Entry{uid, gone});
        if (entries_.size() <= max_entries_) return;
        floor_ = entries_.begin()->first;
        entries_.erase(entries_.begin());
    }
    /// Calls with each entry after `since`, oldest first.
    template <typename Call>
    void each_since(std::uint64_t since, Call call) const {
        for (auto entry = entries_.upper_bound(since); entry != entries_.end(); ++entry) call(entry->second);
    }

  private:
    std::size_t max_entries_;
    std::map<std::uint64_t, Entry> entries_;
    std::uint64_t now_ = 1;
    std::uint64_t floor_ = 0;
};

}  // namespace posthouse::storage
