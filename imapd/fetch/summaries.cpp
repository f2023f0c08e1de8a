// Summaries of messages, made from their content.
#include "imapd/fetch/summaries.h"

namespace posthouse::imapd {

Result<storage::MessageSummary> summary_of(storage::Mailbox& mailbox, storage::Uid uid, storage::SummaryParts parts) {
    Result<storage::MessageContent> content = mailbox.open_message(uid);
    if (!content) return fail(content.error());
    return storage::Summariser().summarise(*content, parts);
}

}  // namespace posthouse::imapd
