// The log lines that tell where a user's messages and mailboxes went.
#pragma once

#include <string_view>
#include <vector>

#include "imapd/session.h"
#include "storage/mailbox.h"

namespace posthouse::imapd {

/// "expunged": messages that the session removed from its selected mailbox. No line when there are none.
void log_expunged(const Session& session, const std::vector<storage::Uid>& uids);
/// "copied" or "moved": messages of the selected mailbox, and where they are now. No line when there are none.
void log_copied(const Session& session, std::string_view what, const storage::Copied& copied,
                const storage::MailboxName& target);
/// "mailbox deleted", "mailbox renamed" (`now`: its new name).
void log_mailbox(const Session& session, std::string_view what, const storage::MailboxName& name,
                 std::string_view now = {});

}  // namespace posthouse::imapd
