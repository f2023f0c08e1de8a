// File names of a Maildir as Dovecot writes them: base name with S= and W=, then ":2," and the letters of the flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/flags.h"

namespace posthouse::storage {

/// The base name: what stays when flags change. For "1.M2P3.host,S=4,W=5:2,FS" all before ":2,".
std::string_view base_of(std::string_view file_name);

/// The file can be a message of this name: it has a base name, and no control character (it stands in a line of
/// dovecot-uidlist).
bool is_message_name(std::string_view file_name);

/// What the letters after ":2," say.
struct NameFlags {
    SystemFlags system;
    std::uint32_t keywords = 0;  ///< bit n for the letter 'a' + n
    std::string other;           ///< letters with a meaning of their own (P and what others invent): kept
    bool operator==(const NameFlags&) const = default;
};
NameFlags flags_of(std::string_view file_name);

/// The file's name with these flags, letters in ASCII order as Maildir wants them: base + ":2,DFRST" + others + a-z.
std::string name_with_flags(std::string_view base, const NameFlags& flags);

/// No name or line is believed that tells of more bytes than this.
inline constexpr std::uint64_t max_told_size = std::uint64_t{1} << 40;

/// The sizes a base name tells: ",S=" (bytes of the file) and ",W=" (octets with CRLF line ends).
std::optional<std::uint64_t> size_in_name(std::string_view base, char key);
/// The delivery's second a base name begins with; 0 if none.
std::int64_t time_in_name(std::string_view base);
/// The transaction id in a base name that make_base_name made; empty: none.
std::string_view id_in_name(std::string_view base);

/// The base name with these sizes instead of those it tells.
std::string base_with_sizes(std::string_view base, std::uint64_t physical_size, std::uint64_t wire_size);

/// A base name that no other message has: seconds.M<µs>P<pid>Q<counter>[I<id>].host,S=…,W=….
std::string make_base_name(std::string_view host, std::string_view id, std::uint64_t physical_size,
                           std::uint64_t wire_size);
/// The host as it may stand in a file name: "/" and ":" become \057 and \072, "," becomes "_"; at most 63 bytes.
std::string host_for_names(std::string_view host);

}  // namespace posthouse::storage
