// The STATUS response from storage's figures.
#include "imapd/status_response.h"

#include "imapd/object_ids.h"
#include "storage/mailbox.h"

namespace posthouse::imapd {

Result<std::string> status_response(const storage::Account& account, const storage::MailboxName& name,
                                    std::string_view wire, imap::StatusItems items, std::uint64_t append_limit) {
    const Result<std::shared_ptr<storage::Mailbox>> mailbox = account.open(name);
    if (!mailbox) return fail(mailbox.error());
    const Result<storage::Status> status = (*mailbox)->status();
    if (!status) return fail(status.error());
    imap::StatusValues values{.messages = status->messages,
                              .recent = status->recent,
                              .uid_next = status->uid_next.value(),
                              .uid_validity = status->uid_validity.value(),
                              .unseen = status->unseen,
                              .highest_modseq = status->highest_modseq.value(),
                              .deleted = status->deleted,
                              .append_limit = append_limit};
    if ((items & imap::kStatusSize) != 0) {
        const Result<std::uint64_t> size = (*mailbox)->wire_size();
        if (!size) return fail(size.error());
        values.size = *size;
    }
    const std::string id = mailbox_id_of((*mailbox)->guid());
    values.mailbox_id = id;
    std::string out;
    imap::append_status(out, wire, items, values);
    return out;
}

}  // namespace posthouse::imapd
