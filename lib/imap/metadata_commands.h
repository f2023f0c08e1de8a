// GETMETADATA and SETMETADATA (RFC 5464 §4.2, §4.3) as typed values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/imap/arguments.h"

namespace posthouse::imap {

struct GetMetadata {
    enum class Depth { zero, one, infinity };
    std::string mailbox;  ///< empty: the account as a whole
    std::vector<std::string> entries;
    Depth depth = Depth::zero;
    std::optional<std::uint32_t> max_size;  ///< octets; longer values are left out
};

struct SetMetadata {
    std::string mailbox;
    std::vector<std::pair<std::string, std::optional<std::string>>> values;  ///< entry and value; NIL removes it
};

/// An entry, or several in parentheses.
std::vector<std::string> read_entries(Arguments& arguments);
void read(Arguments& arguments, GetMetadata& command);
void read(Arguments& arguments, SetMetadata& command);

}  // namespace posthouse::imap
