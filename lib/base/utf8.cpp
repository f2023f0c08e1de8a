// UTF-8, a character at a time.
#include "lib/base/utf8.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::utf8 {

std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (ascii::is_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

char32_t code_point(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first;
    char32_t value = first & (0x7FU >> character.size());
    for (const char c : character.substr(1)) value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
    return value;
}

}  // namespace posthouse::utf8
