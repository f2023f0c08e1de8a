// The bounds of lib/mime: what a hostile message can make a reader spend. Over a bound the rest is ignored or shown as
// one opaque part; it is never an error.
#pragma once

#include <cstddef>

namespace posthouse::mime {

/// Levels of multipart and message/rfc822 inside each other; real mail stays below 10. Also bounds every recursion.
inline constexpr std::size_t max_depth = 64;
/// Parts of one message; each costs about 200 bytes of memory, and at most 600, whatever its header holds.
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
/// Bytes of a media type's or subtype's name (RFC 6838 §4.2) that a part keeps: enough to know one from all others.
inline constexpr std::size_t max_media_type = 127;
/// Bytes of header blocks that an outline holds; of those beyond, BODYSTRUCTURE shows what the parts keep. With 400
/// messages inside one they are about 3 MiB.
inline constexpr std::size_t max_outline = 4U << 20U;

}  // namespace posthouse::mime
