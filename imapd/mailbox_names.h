// Mailbox names between the wire and storage: modified UTF-7 (RFC 3501 §5.1.3) until the client has enabled UTF-8 (RFC
// 9051 §5.1, RFC 6855 §3), which storage has.
#pragma once

#include <string>
#include <string_view>

#include "imapd/enabled.h"
#include "lib/base/result.h"
#include "storage/mailbox_name.h"

namespace posthouse::imapd {

class Session;

/// Errors: invalid, limit; their texts are for the client.
Result<storage::MailboxName> parse_mailbox(const Enabled& enabled, std::string_view wire);
/// The same for the mailbox that a command is about, as its log lines tell it.
Result<storage::MailboxName> mailbox_of(Session& session, std::string_view wire);
std::string wire_name(const Enabled& enabled, const storage::MailboxName& name);

/// The name for a mailbox that is to be: without a separator at its end, which tells that names below it will follow
/// (RFC 3501 §6.3.3).
std::string_view without_last_separator(std::string_view wire);
/// Why a mailbox can't be given this name: it is no Net-Unicode (RFC 9051 §5.1, RFC 6855 §3). What clients say in
/// modified UTF-7 need not be in normal form: old names are moved here as they are.
Result<> may_be_given(const Enabled& enabled, const storage::MailboxName& name);

/// "* LIST () "/" name", with OLDNAME where the client, which has IMAP4rev2, named it otherwise (RFC 9051 §6.3.9.6).
std::string list_response(std::string_view wire, const storage::MailboxName& name);
/// The same where it did so; else, and without IMAP4rev2, nothing.
std::string old_name_response(const Enabled& enabled, std::string_view wire, const storage::MailboxName& name);

}  // namespace posthouse::imapd
