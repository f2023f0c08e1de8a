// Quoted-printable, written.
#include "lib/dsn/quoted_printable.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::dsn {

void QuotedPrintableEncoder::put(char c, bool encoded, std::string& out) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::size_t longest_line = 76;
    const std::size_t width = encoded ? 3 : 1;
    if (column_ + width > longest_line - 1) {  // room for the "=" of a soft line break
        out += "=\r\n";
        column_ = 0;
    }
    if (encoded) {
        const auto byte = static_cast<unsigned char>(c);
        out += '=';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    } else {
        out += c;
    }
    column_ += width;
}

void QuotedPrintableEncoder::release(bool encoded, std::string& out) {
    if (held_ != 0) put(held_, encoded, out);
    held_ = 0;
}

void QuotedPrintableEncoder::end_line(std::string& out) {
    release(true, out);
    out += "\r\n";
    column_ = 0;
}

void QuotedPrintableEncoder::feed(std::string_view piece, std::string& out) {
    for (const char c : piece) {
        if (after_cr_) {
            after_cr_ = false;
            if (c == '\n') {
                end_line(out);
                continue;
            }
            release(false, out);
            put('\r', true, out);
        }
        if (c == '\r') {
            after_cr_ = true;
        } else if (c == '\n') {
            end_line(out);
        } else if (ascii::is_wsp(c)) {
            release(false, out);
            held_ = c;
        } else {
            release(false, out);
            put(c, c == '=' || ascii::is_control(c) || ascii::is_8bit(c), out);
        }
    }
}

void QuotedPrintableEncoder::finish(std::string& out) {
    if (after_cr_) {
        release(false, out);
        put('\r', true, out);
        after_cr_ = false;
    }
    release(true, out);
    column_ = 0;
}

std::string encode_quoted_printable(std::string_view text) {
    std::string out;
    QuotedPrintableEncoder encoder;
    encoder.feed(text, out);
    encoder.finish(out);
    return out;
}

bool is_seven_bit(std::string_view text) {
    constexpr std::size_t longest_line = 998;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        const std::string_view line = text.substr(0, end);
        if (line.size() > longest_line) return false;
        const auto strange = [](char c) { return ascii::is_8bit(c) || (ascii::is_control(c) && c != '\t'); };
        if (std::ranges::any_of(line, strange)) return false;
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 2);
    }
    return true;
}

}  // namespace posthouse::dsn
