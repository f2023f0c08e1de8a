// Where imapd gets what is known of messages' content without reading it.
#pragma once

#include "lib/base/result.h"
#include "storage/mailbox.h"
#include "storage/summarise.h"

namespace posthouse::imapd {

/// The records of one message. not_found: it is gone (RFC 2180 §4.1). Blocks.
Result<storage::MessageSummary> summary_of(storage::Mailbox& mailbox, storage::Uid uid, storage::SummaryParts parts);

}  // namespace posthouse::imapd
