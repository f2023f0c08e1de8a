// Charsets to UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// `bytes` of that charset (an IANA name or a common alias, without regard to case) as UTF-8; what can't be converted
/// becomes U+FFFD. US-ASCII with 8-bit bytes is taken for UTF-8 where it is valid, else for Windows-1252; ISO-8859-1
/// counts as Windows-1252, as browsers do. nullopt when the charset is unknown.
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset);

/// Bytes of unknown origin: kept when they are valid UTF-8, else read as Windows-1252.
std::string guess_utf8(std::string_view bytes);

}  // namespace posthouse::mime
