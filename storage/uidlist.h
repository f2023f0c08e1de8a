// The text of dovecot-uidlist, version 3 (and 1, read only): a header and a line per message. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::storage {

/// The first line: "3 V<uidvalidity> N<next uid> G<guid>", and keys that others put there.
struct UidListHeader {
    std::uint32_t uid_validity = 0;
    std::uint32_t next_uid = 1;  ///< as written; lines may follow with higher UIDs
    std::string guid;            ///< 32 hexadecimal digits; empty in old files
    std::string others;          ///< unknown keys, each with a blank before it
    bool version1 = false;       ///< "1 <uidvalidity> <next uid>", lines without fields
    bool operator==(const UidListHeader&) const = default;
};

/// A message's line: "<uid> <key><value> … :<base name>".
struct UidListEntry {
    std::uint32_t uid = 0;
    std::string extras;  ///< fields between UID and name, blanks between them: "G<guid> D<saved>"; unknown ones kept
    std::string base;    ///< without flags
    bool operator==(const UidListEntry&) const = default;
};

/// Too few UIDs are left from this one on: a mailbox that comes here is numbered anew.
constexpr bool uids_are_used_up(std::uint32_t next_uid) {
    constexpr std::uint32_t spare = 1u << 16;
    return std::numeric_limits<std::uint32_t>::max() - next_uid < spare;
}

std::optional<UidListHeader> parse_uidlist_header(std::string_view line);
std::optional<UidListEntry> parse_uidlist_line(std::string_view line, bool version1);
/// With the line's end.
std::string to_line(const UidListHeader& header);
std::string to_line(const UidListEntry& entry);

/// A field's value: 'G' in "G12 D34" is "12".
std::optional<std::string_view> extra_in(std::string_view extras, char key);
/// Adds a field.
void add_extra(std::string& extras, char key, std::string_view value);

/// A piece of the file: what whole lines say, and how many bytes they take.
struct UidListLines {
    std::vector<UidListEntry> entries;
    std::size_t bytes = 0;  ///< of whole lines: what follows is a torn one
    bool damaged = false;   ///< a line made no sense or its UID didn't ascend; it was left out
};
/// Parses lines after the header; UIDs must be above `last_uid`.
UidListLines parse_uidlist_lines(std::string_view text, bool version1, std::uint32_t last_uid);

}  // namespace posthouse::storage
