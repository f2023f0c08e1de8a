// Bytes of strangers in reports.
#include "lib/dsn/printable.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"

namespace posthouse::dsn {
namespace {

/// Shows something, and changes nothing about how its neighbours are shown.
bool is_printable(char32_t c) {
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return false;
    const bool direction =
        c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    const bool separator = c == 0x2028 || c == 0x2029 || c == 0xFEFF;
    return !direction && !separator;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

template <typename Append>
void for_each_character(std::string_view text, Append append) {
    while (!text.empty()) {
        const std::size_t length = utf8::character_length(text);
        append(text.substr(0, length));
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
}

}  // namespace

std::string printable_utf8(std::string_view text, std::size_t max) {
    std::string out;
    bool cut = false;
    for_each_character(text, [&](std::string_view character) {
        if (cut) return;
        if (character.empty() || !is_printable(utf8::code_point(character))) character = "?";
        cut = out.size() + character.size() > max;
        if (!cut) out += character;
    });
    if (cut) out += "...";
    return out;
}

std::string printable_ascii(std::string_view text, std::size_t max) {
    std::string out;
    for_each_character(printable_utf8(text, max),
                       [&out](std::string_view character) { out += character.size() == 1 ? character[0] : '?'; });
    return out;
}

std::string printable_name(std::string_view text) {
    std::string out(text.substr(0, 255));
    std::ranges::replace_if(
        out, [](char c) { return !ascii::is_alnum(c) && !std::string_view(".-_:[]").contains(c); }, '?');
    return out.empty() ? "unknown" : out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    constexpr std::size_t wanted = 78;
    constexpr std::size_t longest = 900;
    std::string clean(ascii::trim(value));
    std::ranges::replace_if(clean, ascii::is_control, '?');
    out.append(name) += ": ";
    std::size_t column = name.size() + 2;
    bool first = true;
    for (std::size_t at = 0; at < clean.size();) {
        // A word with the spaces before it: where a line may end is before those.
        const std::size_t word = clean.find_first_not_of(' ', at);
        std::size_t end = std::min({clean.find(' ', word), clean.size(), word + longest});
        while (end < clean.size() && end > word + 1 && continues_character(clean[end])) --end;
        std::string_view piece = std::string_view(clean).substr(at, end - at);
        if (piece.size() > longest) piece.remove_prefix(piece.size() - longest);  // nobody needs that many spaces
        if (!first && column + piece.size() > wanted) {
            out += "\r\n";
            column = 0;
            if (!piece.starts_with(' ')) {  // a word longer than a line: it is broken
                out += ' ';
                ++column;
            }
        }
        out += piece;
        column += piece.size();
        first = false;
        at = end;
    }
    out += "\r\n";
}

}  // namespace posthouse::dsn
