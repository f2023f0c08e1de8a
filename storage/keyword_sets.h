// The keywords that letters mean, as sets that messages share; one table's worth, replaced when the table changes.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/flags.h"
#include "storage/keyword_file.h"

namespace posthouse::storage {

/// A mailbox's letters as they meant at one moment. Thread-safe.
class KeywordSets {
  public:
    explicit KeywordSets(const KeywordFile& file) : file_(file) {}
    /// The keywords of these letters; letters without a name are left out.
    Keywords of(std::uint32_t mask) const {
        if (mask == 0) return {};
        const std::scoped_lock guard(mutex_);
        const auto known = sets_.find(mask);
        if (known != sets_.end()) return known->second;
        // Letters can be combined at will by whoever names the files: what is remembered is bounded.
        constexpr std::size_t max_sets = 4096;
        if (sets_.size() >= max_sets) sets_.clear();
        return sets_.emplace(mask, file_.keywords_of(mask)).first->second;
    }
    std::vector<std::string> names() const { return file_.names(); }
    bool full() const { return file_.full(); }

  private:
    KeywordFile file_;
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::uint32_t, Keywords> sets_;
};

}  // namespace posthouse::storage
