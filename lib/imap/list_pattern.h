// The patterns of LIST and LSUB (RFC 3501 §6.3.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap {

/// One pattern: "*" matches anything, "%" anything without the separator. Takes the space of the pattern's length times
/// the number of different octets in it, in bits.
class ListPattern {
  public:
    /// `pattern` is in the same encoding as the names will be. Wildcards that follow each other count as one.
    ListPattern(std::string_view pattern, char separator);

    /// The whole name matches. INBOX matches without regard to case.
    bool matches(std::string_view name) const;
    /// Words that matches() goes through at most, whatever pattern and name contain: a word for 64 octets of the
    /// pattern, for each octet of the name.
    std::size_t steps(std::string_view name) const { return words_ * name.size(); }
    /// "%" is its last character: it stops at a level, so that parents of what lies deeper are of interest.
    bool ends_at_level() const;

  private:
    using Word = std::uint64_t;

    Word* row(std::size_t index) { return rows_.data() + index * words_; }
    const Word* row(std::size_t index) const { return rows_.data() + index * words_; }
    const Word* row_of(char octet) const;

    char separator_;
    std::size_t length_ = 0;    ///< octets of the pattern that aren't wildcards
    std::size_t words_ = 0;     ///< of a row
    std::string octets_;        ///< each of the pattern's once
    std::vector<Word> rows_{};  ///< bit n is about the place before the octet with that number; see the constructor
};

}  // namespace posthouse::imap
