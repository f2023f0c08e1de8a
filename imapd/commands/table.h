// The table of IMAP commands: the states that allow each, what it may send, and who handles it.
#pragma once

#include <cstdint>
#include <string_view>

#include "imapd/reply.h"
#include "lib/imap/command.h"
#include "lib/net/async.h"
#include "storage/view.h"

namespace posthouse::imapd {

class Session;

struct CommandRow {
    std::string_view verb;  ///< "UID FETCH" for UID's variants
    std::uint8_t states;    ///< bits of State
    bool sends_password;    ///< needs TLS, unless the configuration says otherwise
    /// Whether EXPUNGE may be sent before its reply. Never for commands whose client counts on sequence numbers
    /// (RFC 3501 §7.4.1).
    storage::Expunges expunges;
    /// Parses the arguments and runs the command.
    net::Async<Reply> (*run)(Session& session, const imap::CommandHead& head);
    std::string_view section;  ///< where it is defined
    bool by_number = false;    ///< names messages by their numbers: not with UIDONLY (RFC 9586 §3.1)
};

/// The row of a verb in upper case; nullptr: there is no such command.
const CommandRow* find_command(std::string_view verb);

}  // namespace posthouse::imapd
