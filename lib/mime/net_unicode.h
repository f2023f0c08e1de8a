// Net-Unicode (RFC 5198 §2): what UTF-8 has to be where names are compared byte by byte.
#pragma once

#include <string_view>

namespace posthouse::mime {

/// `utf8`, which is valid, is in normal form C.
bool is_normal(std::string_view utf8);
/// It holds a control character (C0, DEL, C1) or a separator of lines or paragraphs (U+2028, U+2029), which names of
/// mailboxes must not (RFC 6855 §3).
bool has_unicode_control(std::string_view utf8);

}  // namespace posthouse::mime
