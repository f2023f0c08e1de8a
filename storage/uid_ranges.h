// UidRanges: the UIDs of a view as runs; message numbers and UIDs lead to each other by binary search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "storage/types.h"

namespace posthouse::storage {

/// UIDs, ascending. 12 bytes per run: a mailbox without gaps costs as much as an empty one.
class UidRanges {
  public:
    /// Goes through the UIDs.
    class Iterator {
      public:
        using value_type = Uid;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::forward_iterator_tag;
        using pointer = const Uid*;
        using reference = Uid;

        Iterator() = default;
        Iterator(const UidRanges* ranges, std::size_t run) : ranges_(ranges), run_(run) {}
        Uid operator*() const { return Uid(ranges_->runs_[run_].uid + offset_); }
        Iterator& operator++() {
            if (++offset_ < ranges_->length(run_)) return *this;
            ++run_;
            offset_ = 0;
            return *this;
        }
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const Iterator&) const = default;

      private:
        const UidRanges* ranges_ = nullptr;
        std::size_t run_ = 0;
        std::uint32_t offset_ = 0;
    };

    std::uint32_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    /// The n-th, from 0; it exists.
    Uid operator[](std::size_t index) const;
    Uid front() const { return (*this)[0]; }
    Uid back() const { return (*this)[size_ - 1]; }
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, runs_.size()}; }
    /// Its place, from 0.
    std::optional<std::uint32_t> find(Uid uid) const;
    bool contains(Uid uid) const { return find(uid).has_value(); }
    /// How many are below it: the place of the first that isn't.
    std::uint32_t count_below(Uid uid) const;
    /// As a set.
    UidSet set() const;

    /// Adds one above all others; one that isn't above them is left out, as places would be wrong.
    void push_back(Uid uid);
    /// Takes out those of `uids` (ascending) that are in.
    void erase(const std::vector<Uid>& uids);
    void clear();

  private:
    struct Run {
        std::uint32_t uid = 0;     ///< its first
        std::uint32_t before = 0;  ///< UIDs in the runs before it
    };
    std::uint32_t length(std::size_t run) const {
        return (run + 1 < runs_.size() ? runs_[run + 1].before : size_) - runs_[run].before;
    }

    std::vector<Run> runs_;
    std::uint32_t size_ = 0;
};

}  // namespace posthouse::storage
