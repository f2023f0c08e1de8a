// xtext (RFC 3461 §4) and utf-8-addr-xtext (RFC 6533 §3).
#include "lib/smtp/xtext.h"

#include <unicode/utf8.h>

#include <array>
#include <charconv>

#include "lib/base/ascii.h"

namespace posthouse::smtp {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool plain(char c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }
/// QCHAR of RFC 6533 §3.
bool plain_in_utf8(char c) { return plain(c) && c != '\\'; }

/// Takes "\x{20AC}" off the front of `text` and appends the character; false when it is none.
bool take_embedded(std::string_view& text, std::string& out) {
    if (!ascii::istarts_with(text, "\\x{")) return false;
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos || close < 5 || close > 9) return false;  // 2 to 6 digits
    const std::string_view digits = text.substr(3, close - 3);
    std::uint32_t point = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    std::array<char, U8_MAX_LENGTH> bytes{};
    std::size_t length = 0;
    U8_APPEND_UNSAFE(bytes.data(), length, point);
    out.append(bytes.data(), length);
    text.remove_prefix(close + 1);
    return true;
}

}  // namespace

std::string encode_xtext(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        if (plain(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '+';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (plain(text[i])) {
            out += text[i];
            continue;
        }
        if (text[i] != '+' || i + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::string encode_utf8_xtext(std::string_view utf8) {
    std::string out;
    const auto length = static_cast<std::int32_t>(utf8.size());
    for (std::int32_t i = 0; i < length;) {
        const char c = utf8[static_cast<std::size_t>(i)];
        if (plain_in_utf8(c)) {
            out += c;
            ++i;
            continue;
        }
        UChar32 point = 0;
        // NOLINTNEXTLINE(bugprone-inc-dec-in-conditions): the macro is ICU's
        U8_NEXT_OR_FFFD(utf8.data(), i, length, point);
        std::array<char, 8> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), static_cast<std::uint32_t>(point), 16).ptr;
        const std::string number = ascii::upper({digits.data(), static_cast<std::size_t>(end - digits.data())});
        out.append("\\x{").append(number.size() == 1 ? "0" : "").append(number).append("}");
    }
    return out;
}

std::optional<std::string> decode_utf8_xtext(std::string_view text) {
    if (!ascii::is_utf8(text)) return std::nullopt;
    std::string out;
    while (!text.empty()) {
        if (plain_in_utf8(text.front()) || ascii::is_8bit(text.front())) {
            out += text.front();
            text.remove_prefix(1);
        } else if (!take_embedded(text, out)) {
            return std::nullopt;
        }
    }
    return out;
}

}  // namespace posthouse::smtp
