// Bytes and ASCII as mail protocols see them: comparison without case, classes, trimming, numbers. Never the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::ascii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
/// SP or HTAB (WSP of RFC 5234).
constexpr bool is_wsp(char c) { return c == ' ' || c == '\t'; }
/// 0x00-0x1f and 0x7f.
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
/// 0x80-0xff.
constexpr bool is_8bit(char c) { return static_cast<unsigned char>(c) >= 0x80; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

std::string lower(std::string_view text);
std::string upper(std::string_view text);
/// Equal without regard to ASCII case.
bool iequals(std::string_view a, std::string_view b);
/// `text` starts with `prefix` without regard to ASCII case.
bool istarts_with(std::string_view text, std::string_view prefix);
/// Orders without regard to ASCII case; for std::map.
struct ILess {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;
};
/// Without leading and trailing SP, HTAB, CR and LF.
std::string_view trim(std::string_view text);
/// Splits at each `separator`; "a,,b" gives three parts, "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// A decimal number that uses the whole text: digits only, no sign, no overflow. Empty: nullopt.
std::optional<std::uint64_t> parse_number(std::string_view text);
/// Only bytes 0x01-0x7f.
bool is_ascii(std::string_view text);
/// Well-formed UTF-8 (RFC 3629: shortest form, no surrogates).
bool is_utf8(std::string_view text);

}  // namespace posthouse::ascii
