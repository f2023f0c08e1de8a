// Untagged responses for what changed in the selected mailbox.
#include "imapd/changes.h"

#include <algorithm>
#include <vector>

#include "imapd/flag_mapping.h"
#include "imapd/message_annotations.h"
#include "imapd/search/context_updates.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {

storage::FlagScope permanent_flags_of(const storage::View& view) {
    return view.read_only() ? storage::FlagScope{{}, false} : storage::changeable_flags(view.rights());
}

std::string flags_of_mailbox(Selected& selected) {
    std::string out;
    const storage::Mailbox& mailbox = selected.view.mailbox();
    imap::Flags known;
    known.keywords = mailbox.keywords();
    selected.keywords_told = known.keywords.size();
    const storage::FlagScope permanent = permanent_flags_of(selected.view);
    imap::append_flags_of_mailbox(out, known, permanent.system.bits(), permanent.keywords,
                                  mailbox.may_create_keywords());
    return out;
}

std::string highest_modseq_code(storage::ModSeq modseq) {
    return "[HIGHESTMODSEQ " + std::to_string(modseq.value()) + "] ";
}

std::string highest_modseq_of(const Selected& selected) {
    return "* OK " + highest_modseq_code(selected.view.highest_modseq()) + "Highest\r\n";
}

void begin_fetch(std::string& out, storage::SequenceNumber number, storage::Uid uid, bool uid_only) {
    if (uid_only)
        out += "* " + std::to_string(uid.value()) + " UIDFETCH (";
    else
        out += "* " + std::to_string(number.value()) + " FETCH (";
}

void append_flags_fetch(std::string& out, const storage::View& view, const storage::MessageFlags& message,
                        FlagsFetch shows) {
    const auto number = view.number(message.uid);
    if (!number) return;
    begin_fetch(out, *number, message.uid, shows.uid_only);
    if (shows.uid_only) shows.uid = false;
    if (shows.uid) out += "UID " + std::to_string(message.uid.value());
    if (shows.flags) {
        if (shows.uid) out += ' ';
        out += "FLAGS ";
        imap::append_flags(out, to_imap(message.flags), shows.recent && view.is_recent(message.uid));
    }
    if (shows.modseq) {
        if (shows.uid || shows.flags) out += ' ';
        out += "MODSEQ (" + std::to_string(message.modseq.value()) + ")";
    }
    out += ")\r\n";
}

namespace {

void append_expunged(std::string& out, const std::vector<storage::Expunged>& expunged, const Enabled& enabled) {
    if (!enabled.qresync && !enabled.uid_only) {
        for (const storage::Expunged& message : expunged) imap::append_numbered(out, message.number.value(), "EXPUNGE");
        return;
    }
    std::vector<std::uint32_t> uids;
    uids.reserve(expunged.size());
    for (const storage::Expunged& message : expunged) uids.push_back(message.uid.value());
    std::ranges::sort(uids);
    imap::append_vanished(out, imap::to_ranges(uids), false);
}

/// All that a search may find otherwise than before.
std::vector<storage::Uid> touched_by(const storage::Changes& changes) {
    std::vector<storage::Uid> touched = changes.acknowledged;
    for (const storage::MessageFlags& message : changes.flags) touched.push_back(message.uid);
    for (const storage::Annotated& message : changes.annotated) touched.push_back(message.uid);
    std::ranges::sort(touched);
    touched.erase(std::ranges::unique(touched).begin(), touched.end());
    touched.insert(touched.end(), changes.added.begin(), changes.added.end());
    return touched;
}

}  // namespace

Result<Refreshed> refresh(Selected& selected, storage::Expunges expunges, const Enabled& enabled) {
    const bool tells_annotations = enabled.annotation_changes.value_or(selected.tells_annotations);
    if (tells_annotations)
        if (Result<> watched = selected.view.watch_annotations(selected.annotates_as); !watched)
            return fail(watched.error());
    Result<storage::Changes> changes = selected.view.refresh(expunges);
    if (!changes) return fail(changes.error());
    Refreshed refreshed;
    std::string& out = refreshed.responses;
    out = removals_of(selected, changes->expunged);
    append_expunged(out, changes->expunged, enabled);
    if (!changes->added.empty()) {
        imap::append_numbered(out, changes->count, "EXISTS");
        if (!enabled.rev2) imap::append_numbered(out, changes->recent, "RECENT");
    }
    if (!changes->empty() && selected.view.mailbox().keywords().size() != selected.keywords_told) {
        out += flags_of_mailbox(selected);
    }
    if (enabled.flag_changes)
        for (const storage::MessageFlags& message : changes->flags)
            append_flags_fetch(
                out, selected.view, message,
                {.uid = true, .modseq = enabled.condstore, .uid_only = enabled.uid_only, .recent = !enabled.rev2});
    if (tells_annotations)
        for (const storage::Annotated& message : changes->annotated)
            append_annotations_fetch(out, selected.view, message, enabled);
    refreshed.touched = touched_by(*changes);
    refreshed.something = !changes->empty() || !changes->acknowledged.empty();
    refreshed.added = std::move(changes->added);
    return refreshed;
}

}  // namespace posthouse::imapd
