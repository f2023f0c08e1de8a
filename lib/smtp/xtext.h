// xtext (RFC 3461 §4): printable text in which +XX stands for a byte. Values of ENVID, ORCPT, AUTH= and XFORWARD.
// And its sister for addresses of the type utf-8 (RFC 6533 §3), in which \x{XX} stands for a character.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::smtp {

std::string encode_xtext(std::string_view bytes);
/// nullopt when it holds a byte or an escape that xtext doesn't allow.
std::optional<std::string> decode_xtext(std::string_view text);

/// utf-8-addr-xtext, which is ASCII, so it may go to any server that offers DSN. What is no UTF-8 becomes U+FFFD.
std::string encode_utf8_xtext(std::string_view utf8);
/// utf-8-addr-xtext, and utf-8-addr-unitext, which holds UTF-8 as it is. nullopt when it is neither.
std::optional<std::string> decode_utf8_xtext(std::string_view text);

}  // namespace posthouse::smtp
