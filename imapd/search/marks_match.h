// Keys that ask for no more than a message's flags and numbers: whole mailboxes are searched by them in a moment.
#pragma once

#include <optional>

#include "imapd/search/prepared_key.h"
#include "storage/mailbox.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// Whether the key, and all in it, is about flags, numbers and MODSEQ only.
bool asks_for_marks_only(const PreparedKey& key);

/// Whether a message of the view matches. Only for keys of which the above is true.
bool marks_match(const PreparedKey& key, const storage::MessageFlags& message, storage::SequenceNumber number,
                 const storage::View& view);

}  // namespace posthouse::imapd
