// Mailbox names: modified UTF-7 and UTF-8 (RFC 3501 §5.1.3), and the patterns of LIST (RFC 3501 §6.3.8).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap {

/// Decodes modified UTF-7 to UTF-8. nullopt when the text is not in its one canonical form: 8-bit or control bytes,
/// printable ASCII inside base64, needless or unfinished shifts, bits left over, lone surrogates.
std::optional<std::string> decode_mailbox_name(std::string_view utf7);

/// Encodes UTF-8 as modified UTF-7; nullopt when it is not well-formed UTF-8 or holds control characters.
std::optional<std::string> encode_mailbox_name(std::string_view utf8);

/// One pattern of LIST or LSUB: "*" matches anything, "%" anything without the separator.
class ListPattern {
  public:
    /// `pattern` is in the same encoding as the names will be. Wildcards that follow each other count as one.
    ListPattern(std::string_view pattern, char separator);

    /// The whole name matches. INBOX matches without regard to case. Time: length of pattern times length of name,
    /// whatever both contain.
    bool matches(std::string_view name) const;

  private:
    std::string pattern_;
    char separator_;
};

}  // namespace posthouse::imap
