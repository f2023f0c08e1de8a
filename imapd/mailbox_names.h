// Mailbox names between the wire (modified UTF-7, RFC 3501 §5.1.3) and storage (UTF-8).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"

namespace posthouse::imapd {

class Session;

/// Errors: invalid, limit; their texts are for the client.
Result<storage::MailboxName> parse_mailbox(std::string_view wire);
/// The same for the mailbox that a command is about, as its log lines tell it.
Result<storage::MailboxName> mailbox_of(Session& session, std::string_view wire);
std::string wire_name(const storage::MailboxName& name);

}  // namespace posthouse::imapd
