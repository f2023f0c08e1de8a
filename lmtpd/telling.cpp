// What lmtpd tells of a message's story.
#include "lmtpd/telling.h"

#include <utility>

#include "lib/story/telling.h"

namespace posthouse::lmtpd {

void tell_refused(const Session& session, std::string command, const std::string& recipient, const smtp::Reply& reply,
                  std::string reason) {
    const Transaction& transaction = *session.transaction;
    session.services().story.tell(story::refuse({transaction.id}, {.command = std::move(command),
                                                                   .sender = smtp::to_text(transaction.sender),
                                                                   .recipients = {recipient},
                                                                   .remote = session.forwarded.address(),
                                                                   .reply = reply.to_line(),
                                                                   .reason = std::move(reason)}));
}

void tell_delivered(const Session& session, const Recipient& recipient, const storage::Delivered& delivered,
                    std::uint64_t size, const std::string& message_id) {
    const Transaction& transaction = *session.transaction;
    session.services().story.tell(
        story::delivery({transaction.id}, {.recipient = recipient.address.to_string(),
                                           .account = transaction.targets[recipient.target].account.text(),
                                           .mailbox = "INBOX",
                                           .file = delivered.file_name,
                                           .size = size,
                                           .repeated = delivered.repeated,
                                           .sender = smtp::to_text(transaction.sender),
                                           .message_id = message_id}));
}

}  // namespace posthouse::lmtpd
