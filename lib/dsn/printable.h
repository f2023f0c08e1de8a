// Bytes of strangers made fit to stand in a report, and the one writer of header fields that every value goes through.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::dsn {

/// At most `max` bytes of `text`, "..." after them when it was longer. Control characters become "?", and so does all
/// that is not UTF-8, and what changes how other characters are shown: direction marks, line separators.
std::string printable_utf8(std::string_view text, std::size_t max);
/// The same with "?" for each character outside of ASCII.
std::string printable_ascii(std::string_view text, std::size_t max);
/// Fit for a host name or an IP address: other characters become "?".
std::string printable_name(std::string_view text);

/// Appends "Name: value" and CRLF. Folded before white space so that lines have at most 78 characters where words
/// allow it, and never more than 998 (RFC 5322 §2.1.1). Whatever the value holds, no second field comes out: control
/// characters become "?".
void append_field(std::string& out, std::string_view name, std::string_view value);

}  // namespace posthouse::dsn
