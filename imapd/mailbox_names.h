// Mailbox names between the wire (modified UTF-7, RFC 3501 §5.1.3) and storage (UTF-8).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"

namespace posthouse::imapd {

/// Errors: invalid, limit; their texts are for the client.
Result<storage::MailboxName> parse_mailbox(std::string_view wire);
std::string wire_name(const storage::MailboxName& name);

}  // namespace posthouse::imapd
