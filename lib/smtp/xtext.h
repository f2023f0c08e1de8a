// xtext (RFC 3461 §4): printable text in which +XX stands for a byte. Values of ENVID, ORCPT, AUTH= and XFORWARD.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::smtp {

std::string encode_xtext(std::string_view bytes);
/// nullopt when it holds a byte or an escape that xtext doesn't allow.
std::optional<std::string> decode_xtext(std::string_view text);

}  // namespace posthouse::smtp
