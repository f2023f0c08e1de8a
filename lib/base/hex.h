// Hexadecimal digits (RFC 4648 §8), in either case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::hex {

/// In lower case.
std::string encode(std::string_view bytes);
/// nullopt: an odd number of digits, or something else among them.
std::optional<std::string> decode(std::string_view text);

}  // namespace posthouse::hex
