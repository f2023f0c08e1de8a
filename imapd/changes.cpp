// Untagged responses for what changed in the selected mailbox.
#include "imapd/changes.h"

#include "imapd/flag_mapping.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {

std::string flags_of_mailbox(Selected& selected) {
    std::string out;
    const storage::Mailbox& mailbox = selected.view.mailbox();
    imap::Flags known;
    known.keywords = mailbox.keywords();
    selected.keywords_told = known.keywords.size();
    imap::append_flags_of_mailbox(out, known, selected.view.read_only(), mailbox.may_create_keywords());
    return out;
}

void append_flags_fetch(std::string& out, const storage::View& view, const storage::MessageFlags& message,
                        bool with_uid) {
    const auto number = view.number(message.uid);
    if (!number) return;
    out += "* " + std::to_string(number->value()) + " FETCH (";
    if (with_uid) out += "UID " + std::to_string(message.uid.value()) + " ";
    out += "FLAGS ";
    imap::append_flags(out, to_imap(message.flags), view.is_recent(message.uid));
    out += ")\r\n";
}

Result<std::string> refresh(Selected& selected, storage::Expunges expunges) {
    Result<storage::Changes> changes = selected.view.refresh(expunges);
    if (!changes) return fail(changes.error());
    std::string out;
    for (const storage::Expunged& message : changes->expunged) {
        imap::append_numbered(out, message.number.value(), "EXPUNGE");
    }
    if (!changes->added.empty()) {
        imap::append_numbered(out, changes->count, "EXISTS");
        imap::append_numbered(out, changes->recent, "RECENT");
    }
    if (!changes->empty() && selected.view.mailbox().keywords().size() != selected.keywords_told) {
        out += flags_of_mailbox(selected);
    }
    for (const storage::MessageFlags& message : changes->flags) append_flags_fetch(out, selected.view, message, true);
    return out;
}

}  // namespace posthouse::imapd
