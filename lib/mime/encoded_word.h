// Encoded words of header fields (RFC 2047, with the language of RFC 2231 §5) to UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::mime {

/// `text` (unfolded) with every encoded word decoded. White space between two of them goes; neighbours of one charset
/// are joined before conversion, because senders split characters. A word of unknown charset or encoding stays as it
/// is. Bare 8-bit bytes stay when they are UTF-8, else they count as Windows-1252: the result is always valid UTF-8.
std::string decode_encoded_words(std::string_view text);

}  // namespace posthouse::mime
