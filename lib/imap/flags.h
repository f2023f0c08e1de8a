// Flags and keywords of messages (RFC 3501 §2.3.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/imap/arguments.h"

namespace posthouse::imap {

/// The system flags which a client may set, as bits.
enum SystemFlag : std::uint8_t {
    kAnswered = 1,
    kFlagged = 2,
    kDeleted = 4,
    kSeen = 8,
    kDraft = 16,
};

/// System flags and keywords; keywords keep the case in which they were first used.
struct Flags {
    std::uint8_t system = 0;
    std::vector<std::string> keywords;

    /// Adds a keyword unless it is there in whatever case.
    void add_keyword(std::string_view keyword);
    bool has_keyword(std::string_view keyword) const;
    bool operator==(const Flags&) const = default;
};

/// The bit of a system flag written with its backslash, 0 when there is no such flag.
std::uint8_t system_flag(std::string_view name);
/// A keyword's syntax: an atom of at most kMaxKeyword bytes.
bool is_keyword(std::string_view text);

/// Reads one flag that a client may set. \Recent, unknown \Flags and over-long keywords are errors.
void read_flag(Arguments& arguments, Flags& flags);
/// Reads flag-list: "(" [flag *(SP flag)] ")".
Flags read_flag_list(Arguments& arguments);

/// Appends "(\Seen \Recent $Label)".
void append_flags(std::string& out, const Flags& flags, bool recent = false);
/// Appends the names without parentheses, "\Seen $Label", with a space before each if `out` ends in none of "( ".
void append_flag_names(std::string& out, const Flags& flags);

}  // namespace posthouse::imap
