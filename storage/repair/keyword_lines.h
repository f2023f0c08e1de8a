// What a damaged dovecot-keywords still says.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::storage {

/// The names of the letters a to z; empty: none.
struct KeywordLines {
    std::array<std::string, 26> names;
    bool is_damaged = false;  ///< a line made no sense, and was left out; or told a letter again, and counts
};
KeywordLines parse_keyword_lines(std::string_view text);
std::string to_text(const KeywordLines& lines);

}  // namespace posthouse::storage
