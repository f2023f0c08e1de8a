// Untagged responses for what changed in the selected mailbox (RFC 3501 §7.3, §7.4).
#pragma once

#include <string>

#include "imapd/selected.h"
#include "lib/base/result.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// Looks at the mailbox, and gives the responses for all that changed: EXPUNGE, EXISTS, RECENT, FLAGS, FETCH. Blocks.
/// not_found: the mailbox was deleted.
Result<std::string> refresh(Selected& selected, storage::Expunges expunges);

/// The FLAGS and PERMANENTFLAGS responses, and remembers what was told.
std::string flags_of_mailbox(Selected& selected);

/// Appends "* n FETCH (UID u FLAGS (…))"; nothing when the message isn't in the view.
void append_flags_fetch(std::string& out, const storage::View& view, const storage::MessageFlags& message,
                        bool with_uid);

}  // namespace posthouse::imapd
