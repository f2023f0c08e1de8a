// Tables for people.
#include "cli/table.h"

#include <algorithm>
#include <ostream>

#include "lib/base/ascii.h"

namespace posthouse::cli {
namespace {

void append_hex(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\x";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
}

std::size_t sequence_length(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// Characters of UTF-8 text: its bytes that do not continue another.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view character = text.substr(i, sequence_length(text[i]));
        // U+0080 to U+009F are control characters too (C1: 0xC2 0x80 to 0xC2 0x9F).
        const bool c1 =
            character.size() == 2 && character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
        if (ascii::is_control(text[i]) || c1 || !ascii::is_utf8(character)) {
            append_hex(out, text[i]);
            ++i;
        } else {
            out += character;
            i += character.size();
        }
    }
    return out;
}

void Table::add(std::vector<std::string> row) {
    row.resize(rows_.front().size());
    rows_.push_back(std::move(row));
}

void Table::print_or(std::string_view words, std::ostream& out) const {
    if (rows_.size() > 1)
        print(out);
    else
        out << words << '\n';
}

void Table::print(std::ostream& out) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width(printable(row[i])));
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const std::string cell = printable(row[i]);
            line += cell;
            if (i + 1 < widths.size()) line.append(widths[i] - width(cell) + 2, ' ');
        }
        out << line << '\n';
    }
}

}  // namespace posthouse::cli
