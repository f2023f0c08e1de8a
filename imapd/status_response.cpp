// The STATUS response from storage's figures.
#include "imapd/status_response.h"

#include "lib/imap/responses.h"

namespace posthouse::imapd {

void append_status_response(std::string& out, std::string_view mailbox, imap::StatusItems items,
                            const storage::Status& status) {
    imap::append_status(out, mailbox, items,
                        {.messages = status.messages,
                         .recent = status.recent,
                         .uid_next = status.uid_next.value(),
                         .uid_validity = status.uid_validity.value(),
                         .unseen = status.unseen,
                         .highest_modseq = status.highest_modseq.value()});
}

}  // namespace posthouse::imapd
