// i;unicode-casemap (RFC 5051): texts as keys, so that comparing bytes compares the texts without regard to case.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::mime {

/// Appends the key of `utf8` (valid UTF-8): each character in title case (its simple mapping), then decomposed. Two
/// texts are equal, or stand before each other, as their keys do byte by byte (RFC 5051 §2).
void append_casemap_key(std::string& out, std::string_view utf8);
/// The key by itself.
std::string casemap_key(std::string_view utf8);

}  // namespace posthouse::mime
