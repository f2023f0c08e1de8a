// Base64 (RFC 4648 §4), strict, as SASL and MIME headers use it. (Lenient decoding of MIME bodies: lib/mime.)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::base64 {

std::string encode(std::string_view bytes);
/// Decodes; nullopt when the text holds anything but the alphabet, or its length or padding is wrong.
std::optional<std::string> decode(std::string_view text);

}  // namespace posthouse::base64
