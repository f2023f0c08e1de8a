// Hexadecimal digits.
#include "lib/base/hex.h"

#include "lib/base/ascii.h"

namespace posthouse::hex {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::string encode(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<std::string> decode(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = digits.find(ascii::to_lower(text[i]));
        const auto low = digits.find(ascii::to_lower(text[i + 1]));
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

}  // namespace posthouse::hex
