// The keywords that letters and numbers mean, as sets that messages share; replaced when the meaning changes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/flags.h"
#include "storage/further_keywords.h"
#include "storage/keyword_file.h"

namespace posthouse::storage {

/// A mailbox's letters and numbers as they meant at one moment. Thread-safe.
class KeywordSets {
  public:
    KeywordSets(const KeywordFile& letters, std::shared_ptr<const FurtherNames> further);
    /// The keywords of these letters, and of these numbers as the index keeps them; what has no name is left out.
    Keywords of(std::uint32_t letters, std::string_view numbers = {}) const;
    Keywords of(std::uint32_t letters, const FurtherSet& numbers) const;
    /// All there are.
    std::vector<std::string> names() const;
    const FurtherNames& further() const { return *further_; }

  private:
    Keywords make(std::uint32_t letters, std::string_view numbers) const;

    const KeywordFile letters_;
    const std::shared_ptr<const FurtherNames> further_;
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::uint32_t, Keywords> by_letters_;
    mutable std::unordered_map<std::string, Keywords> by_both_;  ///< letters, then numbers
    mutable std::size_t names_remembered_ = 0;
};

}  // namespace posthouse::storage
