// dovecot-keywords: which keyword each of the 26 letters a-z of a mailbox's file names means.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/flags.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// Letters there are; as many keywords a mailbox can hold.
constexpr std::size_t max_keywords = 26;

/// What add does when letters run out.
enum class WhenFull { fail, leave_out };

/// The table of one mailbox. Adding needs dovecot-uidlist.lock and a reload before.
class KeywordFile {
  public:
    /// Reads again when the file changed; true: the table isn't as before.
    Result<bool> reload(const Folder& folder);
    /// The names in use, by letter.
    std::vector<std::string> names() const;
    bool full() const;
    /// The letters of these names; nothing when one has no letter yet.
    std::optional<std::uint32_t> mask_of(const Keywords& keywords) const;
    /// The letters of those names that have one.
    std::uint32_t known_mask_of(const Keywords& keywords) const;
    /// The names of these letters; letters without a name are left out.
    Keywords keywords_of(std::uint32_t mask) const;
    /// Letters that have a name.
    std::uint32_t named() const;
    /// Gives letters to names that have none, durably, but none of `taken`: messages carry these, though their names
    /// were lost. Not enough letters: limit and nothing is added, or as many as fit.
    Result<> add(const Folder& folder, const Keywords& keywords, std::uint32_t taken, WhenFull when_full);

  private:
    std::optional<std::size_t> find(std::string_view name) const;

    std::array<std::string, max_keywords> names_;
    Stamp stamp_;
};

}  // namespace posthouse::storage
