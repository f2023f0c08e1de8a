// APPEND (RFC 3501 §6.3.11): read up to its message, which is a literal of its own and is streamed to the mailbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/imap/date_time.h"
#include "lib/imap/flags.h"

namespace posthouse::imap {

/// APPEND's arguments up to the announcement of the message.
struct Append {
    std::string mailbox;
    Flags flags;
    std::optional<DateTime> date;
    std::uint64_t size = 0;  ///< of the message in bytes, as announced
    bool binary = false;     ///< literal8 (RFC 3516 §4.4)
};

/// Reads APPEND's arguments up to and with the announcement.
void read(Arguments& arguments, Append& command);

/// Whether `command`, the bytes of a command read so far (without the last CRLF), is an APPEND of correct syntax whose
/// message is the literal announced at its end.
bool ends_in_message_literal(std::string_view command);

}  // namespace posthouse::imap
