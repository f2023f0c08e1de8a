// Which mailboxes LIST and LSUB show, and how (RFC 3501 §6.3.8, §6.3.9, RFC 5258 §3, RFC 6154 §2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imapd/enabled.h"
#include "lib/imap/commands.h"
#include "storage/account.h"

namespace posthouse::imapd {

/// One line of the answer; the mailbox is there if it has a STATUS to be asked for.
struct Listing {
    storage::MailboxName name;
    std::string line;  ///< with CRLF
    bool exists = false;
};

/// The LIST response that tells of one mailbox unasked (RFC 5465 §5.4, §5.5), also of one that isn't there; `old_name`,
/// as it is sent, unless it is empty: it was renamed.
std::string line_of(const storage::ListedMailbox& mailbox, std::string_view old_name, const Enabled& enabled);

/// One of the command's patterns may match a name in the namespaces of others (storage/namespaces.h).
bool may_show_others(const imap::List& command);

/// `mailboxes`: all of the account, as storage lists them; the client sees names as it has enabled them.
std::vector<Listing> listing_of(const imap::List& command, const std::vector<storage::ListedMailbox>& mailboxes,
                                const Enabled& enabled);
std::vector<Listing> listing_of(const imap::Lsub& command, const std::vector<storage::ListedMailbox>& mailboxes,
                                const Enabled& enabled);

}  // namespace posthouse::imapd
