// Which mailboxes LIST and LSUB show, and how (RFC 3501 §6.3.8, §6.3.9, RFC 5258 §3, RFC 6154 §2).
#pragma once

#include <string>
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

/// `mailboxes`: all of the account, as storage lists them; the client sees names as it has enabled them.
std::vector<Listing> listing_of(const imap::List& command, const std::vector<storage::ListedMailbox>& mailboxes,
                                const Enabled& enabled);
std::vector<Listing> listing_of(const imap::Lsub& command, const std::vector<storage::ListedMailbox>& mailboxes,
                                const Enabled& enabled);

}  // namespace posthouse::imapd
