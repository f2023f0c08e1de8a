// UTF-8, a character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace posthouse::utf8 {

/// Octets of the character at the start of `text`, 1 to 4; 0 when no well-formed one stands there (RFC 3629 §4).
std::size_t character_length(std::string_view text);
/// The code point of one well-formed character.
char32_t code_point(std::string_view character);

}  // namespace posthouse::utf8
