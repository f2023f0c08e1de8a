// Untagged responses for what changed in the selected mailbox (RFC 3501 §7.3, §7.4).
#pragma once

#include <string>
#include <vector>

#include "imapd/enabled.h"
#include "imapd/selected.h"
#include "lib/base/result.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// What a look at the selected mailbox has found.
struct Refreshed {
    std::string responses;
    std::vector<storage::Uid> touched;  ///< new, or with other flags, which the client may know; ascending
    std::vector<storage::Uid> added;    ///< of those the new ones
    bool something = false;             ///< changed, be it that messages went
};
/// Looks at the mailbox, and gives the responses for all that changed: REMOVEFROM of searches that are kept up to date,
/// EXPUNGE or VANISHED, EXISTS, RECENT, FLAGS, FETCH. Blocks. not_found: the mailbox was deleted.
Result<Refreshed> refresh(Selected& selected, storage::Expunges expunges, const Enabled& enabled);

/// "[HIGHESTMODSEQ n] ".
std::string highest_modseq_code(storage::ModSeq modseq);
/// "* OK [HIGHESTMODSEQ n]" (RFC 7162 §3.1.2.1).
std::string highest_modseq_of(const Selected& selected);

/// The flags that a session may change: none in a read-only mailbox (RFC 4314 §5.2).
storage::FlagScope permanent_flags_of(const storage::View& view);
/// The FLAGS and PERMANENTFLAGS responses, and remembers what was told.
std::string flags_of_mailbox(Selected& selected);

/// What a response about a message's flags shows.
struct FlagsFetch {
    bool uid = false;
    bool flags = true;
    bool modseq = false;
    bool uid_only = false;  ///< UIDFETCH with the UID (RFC 9586 §3.3)
    bool recent = true;     ///< \Recent among the flags; IMAP4rev2 has none
};
/// Begins a response about a message's data: "* n FETCH (", or "* uid UIDFETCH (" with `uid_only`.
void begin_fetch(std::string& out, storage::SequenceNumber number, storage::Uid uid, bool uid_only);
/// Appends "* n FETCH (UID u FLAGS (…) MODSEQ (m))"; nothing when the message isn't in the view.
void append_flags_fetch(std::string& out, const storage::View& view, const storage::MessageFlags& message,
                        FlagsFetch shows);

}  // namespace posthouse::imapd
