// APPEND (RFC 3501 §6.3.11, with several messages: RFC 3502) and REPLACE (RFC 8508): read up to a message, which is a
// literal of its own and is streamed to the mailbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/imap/date_time.h"
#include "lib/imap/flags.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {

/// append-message: what is told of a message before it comes.
struct AppendItem {
    Flags flags;
    std::optional<DateTime> date;
    std::uint64_t size = 0;  ///< of the message in bytes, as announced
    bool binary = false;     ///< literal8 (RFC 3516 §4.4)
    bool utf8 = false;       ///< UTF8 (~{n}): a ")" follows the message (RFC 6855 §4)
};

/// APPEND's arguments up to the announcement of the first message.
struct Append {
    std::string mailbox;
    AppendItem item;
};

/// REPLACE and UID REPLACE (RFC 8508 §3) up to the announcement of the message.
struct Replace {
    bool by_uid = false;
    std::uint32_t message = 0;  ///< number, or UID; 0: "*", the last one
    std::string mailbox;
    AppendItem item;
};

/// Read the arguments up to and with the announcement.
void read(Arguments& arguments, Append& command);
void read(Arguments& arguments, Replace& command);

/// What follows a message of APPEND, when it announces another one: " (\\Seen) {300}".
Result<AppendItem> parse_next_item(std::string_view line);

/// Whether `command`, the bytes of a command read so far (without the last CRLF), is an APPEND or REPLACE of correct
/// syntax whose message is the literal announced at its end.
bool ends_in_message_literal(std::string_view command, const Limits& limits = {});

}  // namespace posthouse::imap
