// The bounds of lib/mime: what a hostile message can make a reader spend. Over a bound the rest is ignored or shown as
// one opaque part; it is never an error.
#pragma once

#include <cstddef>

namespace posthouse::mime {

/// Levels of multipart and message/rfc822 inside each other; real mail stays below 10. Also bounds every recursion.
inline constexpr std::size_t max_depth = 64;
/// Parts of one message; each costs about 300 bytes of memory.
inline constexpr std::size_t max_parts = 10000;
/// Bytes of one header block that are searched for fields. A list of 10,000 recipients is about 500 KiB.
inline constexpr std::size_t max_header_size = 1u << 20;
/// Fields of one header block that are read.
inline constexpr std::size_t max_header_fields = 10000;
/// Bytes of a multipart's boundary: a line's worth, though RFC 2046 §5.1.1 permits 70. Each line that starts with "--"
/// is compared with up to max_depth of them.
inline constexpr std::size_t max_boundary = 1000;
/// Parameters of one Content-Type or Content-Disposition, each section of RFC 2231 counted.
inline constexpr std::size_t max_parameters = 200;
/// Addresses, groups included, in one address list.
inline constexpr std::size_t max_addresses = 10000;
/// Languages of one Content-Language field.
inline constexpr std::size_t max_languages = 100;
/// Bytes of an encoded word; RFC 2047 §2 permits 75, but many senders don't split their text.
inline constexpr std::size_t max_encoded_word = 4096;
/// Bytes of a charset's name.
inline constexpr std::size_t max_charset_name = 64;

}  // namespace posthouse::mime
