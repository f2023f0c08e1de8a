// dovecot-keywords: which keyword each of the 26 letters a-z of a mailbox's file names means.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/flags.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// Letters there are; keywords above them have numbers (further_keywords.h).
constexpr std::size_t max_letters = 26;

/// The table of one mailbox. Adding needs dovecot-uidlist.lock and a reload before.
class KeywordFile {
  public:
    /// Reads again when the file changed; true: the table isn't as before. Of what can't be such a file (a folder, more
    /// than 64 KiB) what can be read is taken, and it is logged.
    Result<bool> reload(const Folder& folder);
    /// The names in use, by letter.
    std::vector<std::string> names() const;
    /// How many letters have no name yet, without those of `taken`.
    std::size_t room(std::uint32_t taken = 0) const;
    /// The letter of a name, a is 0.
    std::optional<std::size_t> find(std::string_view name) const;
    /// A letter's name; empty: it has none.
    const std::string& name(std::size_t letter) const { return names_.at(letter); }
    /// Letters that have a name.
    std::uint32_t named() const;
    /// Gives letters to names that have none, durably, but none of `taken`: messages carry these, though their names
    /// were lost. `names` must fit. A damaged file is kept (small_file.h).
    Result<> add(const Folder& folder, std::span<const std::string> names, std::uint32_t taken);

  private:
    std::array<std::string, max_letters> names_;
    Stamp stamp_;
    bool is_damaged_ = false;
};

}  // namespace posthouse::storage
