// Bytes and ASCII as mail protocols see them.
#include "lib/base/ascii.h"

#include <algorithm>
#include <cstddef>

namespace posthouse::ascii {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), to_lower);
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), to_upper);
    return out;
}

bool iequals(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool istarts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

bool ILess::operator()(std::string_view a, std::string_view b) const {
    return std::ranges::lexicographical_compare(a, b, [](char x, char y) {
        return static_cast<unsigned char>(to_lower(x)) < static_cast<unsigned char>(to_lower(y));
    });
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    std::size_t start = 0;
    for (;;) {
        const auto end = text.find(separator, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

bool is_ascii(std::string_view text) {
    // A block at a time, without a branch inside: the compiler takes many bytes at once.
    constexpr std::size_t block = 64;
    for (; !text.empty(); text.remove_prefix(std::min(block, text.size()))) {
        bool good = true;
        for (const char c : text.substr(0, block)) good &= c > '\0';
        if (!good) return false;
    }
    return true;
}

bool is_utf8(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continuation = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0) == 0x80; };
    constexpr std::size_t block = 64;
    for (std::size_t i = 0; i < text.size();) {
        while (text.size() - i >= block && is_ascii(text.substr(i, block))) i += block;
        if (i == text.size()) break;
        const unsigned char c = at(i);
        if (c < 0x80) {
            i += 1;
        } else if (c >= 0xC2 && c <= 0xDF) {
            if (!continuation(i + 1)) return false;
            i += 2;
        } else if ((c & 0xF0) == 0xE0) {
            if (!continuation(i + 1) || !continuation(i + 2)) return false;
            if (c == 0xE0 && at(i + 1) < 0xA0) return false;
            if (c == 0xED && at(i + 1) > 0x9F) return false;
            i += 3;
        } else if (c >= 0xF0 && c <= 0xF4) {
            if (!continuation(i + 1) || !continuation(i + 2) || !continuation(i + 3)) return false;
            if (c == 0xF0 && at(i + 1) < 0x90) return false;
            if (c == 0xF4 && at(i + 1) > 0x8F) return false;
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

}  // namespace posthouse::ascii
