// Rights as clients read them.
#include "imapd/rights_response.h"

#include "lib/imap/strings.h"

namespace posthouse::imapd {

std::string wire_rights(storage::Rights rights) { return rights.empty() ? "\"\"" : rights.imap_letters(); }

void append_my_rights(std::string& out, std::string_view mailbox, storage::Rights rights) {
    out += "* MYRIGHTS ";
    imap::append_mailbox(out, mailbox);
    out += " " + wire_rights(rights) + "\r\n";
}

}  // namespace posthouse::imapd
