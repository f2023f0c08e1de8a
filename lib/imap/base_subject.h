// The base subject of a message, by which SORT and THREAD compare (RFC 5256 §2.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// Bytes of a Subject field that are looked at; the rest counts as if it weren't there.
inline constexpr std::size_t kMaxSubject = 4096;

struct BaseSubject {
    std::string text;       ///< in UTF-8, in the case of the sender
    bool is_reply = false;  ///< a "Re:", "Fwd:", "(fwd)" or "[fwd: …]" was removed: a reply or a forward
};

/// From the raw value of a Subject field, folded or not. In linear time.
BaseSubject base_subject(std::string_view value);

}  // namespace posthouse::imap
