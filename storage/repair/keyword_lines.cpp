// Lines "<number> <keyword>", as far as they make sense.
#include "storage/repair/keyword_lines.h"

#include "lib/base/ascii.h"
#include "storage/flags.h"

namespace posthouse::storage {

KeywordLines parse_keyword_lines(std::string_view text) {
    KeywordLines lines;
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (line.empty()) continue;
        const auto blank = line.find(' ');
        const auto number = ascii::parse_number(line.substr(0, blank));
        const std::string name(blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1));
        if (!number || *number >= lines.names.size() || !Keywords::make({name})) {
            lines.is_damaged = true;
            continue;
        }
        // Who tells a letter again means the last one.
        std::string& known = lines.names.at(*number);
        lines.is_damaged = lines.is_damaged || !known.empty();
        known = name;
    }
    return lines;
}

std::string to_text(const KeywordLines& lines) {
    std::string text;
    for (std::size_t i = 0; i < lines.names.size(); ++i)
        if (!lines.names.at(i).empty()) text += std::to_string(i) + " " + lines.names.at(i) + "\n";
    return text;
}

}  // namespace posthouse::storage
