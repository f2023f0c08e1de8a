// The patterns of LIST and LSUB (RFC 3501 §6.3.8).
#pragma once

#include <string>
#include <string_view>

namespace posthouse::imap {

/// One pattern: "*" matches anything, "%" anything without the separator.
class ListPattern {
  public:
    /// `pattern` is in the same encoding as the names will be. Wildcards that follow each other count as one.
    ListPattern(std::string_view pattern, char separator);

    /// The whole name matches. INBOX matches without regard to case. Time: length of pattern times length of name,
    /// whatever both contain.
    bool matches(std::string_view name) const;
    /// "%" is its last character: it stops at a level, so that parents of what lies deeper are of interest.
    bool ends_at_level() const { return !pattern_.empty() && pattern_.back() == '%'; }

  private:
    std::string pattern_;
    char separator_;
};

}  // namespace posthouse::imap
