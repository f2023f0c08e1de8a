// SELECT, EXAMINE (RFC 3501 §6.3.1, §6.3.2), CHECK, CLOSE (RFC 3501 §6.4.1, §6.4.2), UNSELECT (RFC 3691).
#include <memory>
#include <string>
#include <utility>

#include "imapd/changes.h"
#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/message_annotations.h"
#include "imapd/metadata_response.h"
#include "imapd/object_ids.h"
#include "imapd/progress.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

struct Opened {
    std::unique_ptr<Selected> selected;
    std::string responses;
};

/// What happened since the client was here: VANISHED (EARLIER), and FETCH of what is new or has other flags (RFC 7162
/// §3.2.5).
Result<> append_resync(std::string& out, const storage::View& view, const imap::Resync& resync,
                       const Enabled& enabled) {
    if (resync.uid_validity != view.mailbox().uid_validity().value()) return {};
    const storage::ModSeq since(resync.modseq);
    const Result<storage::MessageChanges> changes = view.mailbox().changes_since(since);
    if (!changes) return fail(changes.error());
    const std::uint32_t last = view.uid_next().value() - 1;
    std::vector<imap::NumberRange> known{{1, last}};
    if (resync.known_uids) known = resync.known_uids->resolve(last);
    if (last == 0) known.clear();
    std::vector<imap::NumberRange> gone;
    if (changes->whole) {
        gone = without(known, view.uids());
    } else {
        std::vector<std::uint32_t> uids;
        for (const storage::Uid uid : changes->gone)
            if (imap::contains(known, uid.value())) uids.push_back(uid.value());
        gone = imap::to_ranges(uids);
    }
    imap::append_vanished(out, gone, true);
    storage::UidSet changed;
    for (const storage::Uid uid : changes->changed)
        if (imap::contains(known, uid.value())) changed.add(uid);
    const Result<std::vector<storage::MessageRow>> rows = view.rows(changed);
    if (!rows) return fail(rows.error());
    for (const storage::MessageRow& row : *rows)
        append_flags_fetch(out, view, {row.uid, row.flags, row.modseq},
                           {.uid = true, .modseq = true, .uid_only = enabled.uid_only, .recent = !enabled.rev2});
    return {};
}

/// Opens a mailbox and makes the responses of SELECT. Blocks.
Result<Opened> open(const Session& session, const Place& place, storage::Access access, const imap::Select& command) {
    const Enabled& enabled = session.enabled();
    Result<std::shared_ptr<storage::Mailbox>> mailbox = place.account->open(place.name);
    if (!mailbox) return fail(mailbox.error());
    Result<storage::View> view = storage::View::open(std::move(*mailbox), access, place.rights, place.viewer);
    if (!view) return fail(view.error());
    Opened opened;
    opened.selected = std::make_unique<Selected>(place, std::move(*view), annotation_user(session, place));
    const storage::View& now = opened.selected->view;
    std::string& out = opened.responses;
    out = flags_of_mailbox(*opened.selected);
    imap::append_numbered(out, now.count(), "EXISTS");
    if (!enabled.rev2) imap::append_numbered(out, now.recent(), "RECENT");
    if (const auto unseen = now.first_unseen(); unseen && !enabled.uid_only && !enabled.rev2) {
        out += "* OK [UNSEEN " + std::to_string(unseen->value()) + "] First unseen\r\n";
    }
    out += "* OK [UIDVALIDITY " + std::to_string(now.mailbox().uid_validity().value()) + "] UIDs valid\r\n";
    out += "* OK [UIDNEXT " + std::to_string(now.uid_next().value()) + "] Predicted next UID\r\n";
    out += highest_modseq_of(*opened.selected);
    out += "* OK [MAILBOXID (" + mailbox_id_of(now.mailbox().guid()) + ")] Mailbox\r\n";
    out += annotations_of_mailbox(now);
    opened.selected->tells_annotations = command.annotate;
    if (command.annotate)
        if (const Result<> watched = opened.selected->view.watch_annotations(opened.selected->annotates_as); !watched)
            return fail(watched.error());
    if (command.resync)
        if (const Result<> told = append_resync(out, now, *command.resync, enabled); !told) return fail(told.error());
    return opened;
}

net::Async<Reply> select_with(Session& session, const imap::Select& command, storage::Access access) {
    if (command.resync && !session.enabled().qresync) co_return bad("QRESYNC must be enabled first");
    // Also a SELECT that fails leaves the mailbox that was selected before.
    const bool was_selected = session.state() == kSelected;
    session.unselect();
    // RFC 7162 §3.2.11
    if (was_selected) co_await session.send("* OK [CLOSED] Previous mailbox closed\r\n");
    if (command.condstore) co_await session.enable_condstore();
    const Result<Place> place = co_await find_place(session, command.mailbox, storage::Right::read);
    if (!place) co_return no(place.error());
    Progress progress(session);
    Result<Opened> opened = co_await progress.disk([&] { return open(session, *place, access, command); });
    if (!opened) co_return no(opened.error());
    session.select(std::move(opened->selected));
    // RFC 9051 §6.3.2
    if (session.enabled().rev2) opened->responses += list_response(command.mailbox, place->shown);
    co_await session.send(opened->responses);
    if (access == storage::Access::read_only) co_return ok("[READ-ONLY] EXAMINE completed");
    if (session.selected().view.read_only()) co_return ok("[READ-ONLY] SELECT completed");
    co_return ok("[READ-WRITE] SELECT completed");
}

}  // namespace

net::Async<Reply> select(Session& session, imap::Select command) {
    co_return co_await select_with(session, command, storage::Access::read_write);
}

net::Async<Reply> examine(Session& session, imap::Select command) {
    co_return co_await select_with(session, command, storage::Access::read_only);
}

net::Async<Reply> check(Session& /*session*/, imap::NoArguments /*command*/) { co_return ok("CHECK completed"); }

/// Removes the deleted messages of a mailbox that may be changed, and says nothing of it.
net::Async<Reply> close(Session& session, imap::NoArguments /*command*/) {
    storage::View& view = session.selected().view;
    Result<std::vector<storage::Uid>> removed;
    if (!view.read_only() && session.selected().may(storage::Right::expunge)) {
        const storage::AccountQuota quota = co_await quota_for_removal(session, session.selected().place);
        Progress progress(session, view.count());
        removed = co_await progress.disk([&] {
            const auto removal = quota.removal();
            return view.mailbox().expunge(storage::UidSet::all(), storage::ExpungeRule::deleted_only);
        });
        if (removed) log_expunged(session, *removed);
    }
    std::optional<storage::ModSeq> modseq;
    if (removed && !removed->empty() && session.enabled().qresync) {
        const Result<storage::Status> now = co_await session.disk([&] { return view.mailbox().status(); });
        if (now) modseq = now->highest_modseq;
    }
    session.unselect();
    if (!removed && removed.error().code != ErrorCode::not_found) co_return no(removed.error());
    if (modseq) co_return ok(highest_modseq_code(*modseq) + "CLOSE completed");
    co_return ok("CLOSE completed");
}

net::Async<Reply> unselect(Session& session, imap::NoArguments /*command*/) {
    session.unselect();
    co_return ok("UNSELECT completed");
}

}  // namespace posthouse::imapd
