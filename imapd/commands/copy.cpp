// COPY (RFC 3501 §6.4.7), MOVE (RFC 6851 §3.1) and their UID variants.
#include <expected>
#include <string>
#include <vector>

#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/message_limit.h"
#include "imapd/metadata_response.h"
#include "imapd/progress.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

enum class Kind { copy, move };

/// Opens the target and copies or moves. Flags that the user may not change there stay behind (RFC 4314 §4), and so do
/// annotations (RFC 5257 §4.6). Blocks.
Result<storage::Charged<storage::Copied>> transfer(Session& session, const Place& target,
                                                   const storage::AccountQuota& quota, const storage::UidSet& uids,
                                                   Kind kind) {
    const Result<std::shared_ptr<storage::Mailbox>> mailbox = target.account->open(target.name);
    if (!mailbox) return fail(mailbox.error());
    const Place& source = session.selected().place;
    const bool is_elsewhere = !(source.account->name() == target.account->name());
    const storage::NamedMailbox from{session.selected().view.mailbox(), source.name, is_elsewhere};
    const storage::NamedMailbox to{**mailbox, target.name};
    storage::Carried carried = target.stored_flags();
    carried.shared_annotations = target.rights.has(storage::Right::annotate);
    carried.own_annotations = target.rights.has(storage::Right::read);
    carried.user = session.selected().annotates_as;
    carried.user_there = annotation_user(session, target);
    // A \Seen of the user's own, on either side, isn't in the message.
    storage::UidSet seen;
    if (!source.viewer.empty() || !target.viewer.empty()) {
        carried.flags.system.clear(storage::Flag::seen);
        const Result<std::vector<storage::MessageRow>> rows = session.selected().view.rows(uids);
        if (!rows) return fail(rows.error());
        for (const storage::MessageRow& row : *rows)
            if (row.flags.system.has(storage::Flag::seen)) seen.add(row.uid);
    }
    auto copied = kind == Kind::copy ? quota.copy(from, uids, to, carried) : quota.move(from, uids, to, carried);
    if (!copied || seen.empty()) return copied;
    storage::UidSet seen_there;
    for (std::size_t i = 0; i < copied->done.from.size(); ++i)
        if (seen.contains(copied->done.from[i])) seen_there.add(copied->done.to[i]);
    // The copies are there; that they are new to their reader is no reason to say otherwise.
    static_cast<void>(mark_seen(target, **mailbox, seen_there));
    return copied;
}

std::string code_of(const storage::Copied& copied) {
    std::vector<std::uint32_t> from;
    std::vector<std::uint32_t> to;
    from.reserve(copied.from.size());
    to.reserve(copied.to.size());
    for (const storage::Uid uid : copied.from) from.push_back(uid.value());
    for (const storage::Uid uid : copied.to) to.push_back(uid.value());
    return imap::copy_uid_code(copied.uid_validity.value(), from, to);
}

/// The messages of a command that reached the target.
struct Transferred {
    storage::Copied copied;
    LimitedMessages messages;
};

/// What reached the target, or why nothing did. COPY takes all or none, MOVE as many as it may (RFC 9738 §3.1).
net::Async<std::expected<Transferred, Reply>> run(Session& session, const imap::Copy& command, Kind kind) {
    storage::View& view = session.selected().view;
    Result<std::vector<imap::NumberRange>> numbers = numbers_of(session.selected(), command.messages, command.by_uid);
    if (!numbers) co_return std::unexpected(bad(numbers.error().text));
    if (kind == Kind::move && view.read_only()) co_return std::unexpected(no("[READ-ONLY] Mailbox is open read-only"));
    const bool may_remove =
        session.selected().may(storage::Right::delete_message) && session.selected().may(storage::Right::expunge);
    if (kind == Kind::move && !may_remove)
        co_return std::unexpected(no("[NOPERM] No right to remove messages from here"));
    const Result<Place> target = co_await find_place(session, command.mailbox, storage::Right::insert);
    if (!target) co_return std::unexpected(no_target(target.error()));
    const Result<storage::AccountQuota> quota = co_await quota_of(session, *target);
    if (!quota) co_return std::unexpected(no(quota.error()));
    if (kind == Kind::copy && are_too_many(session, *numbers)) co_return std::unexpected(too_many(session, "copy"));
    LimitedMessages messages = limited(session, std::move(*numbers));
    const storage::UidSet uids = uids_of(view, messages.numbers);
    // What is moved is copied, then removed.
    Progress progress(session, count_of(messages.numbers) * (kind == Kind::move ? 2 : 1));
    Result<storage::Charged<storage::Copied>> copied =
        co_await progress.disk([&] { return transfer(session, *target, *quota, uids, kind); });
    if (!copied) co_return std::unexpected(no_target(copied.error()));
    log_copied(session, kind == Kind::copy ? "copied" : "moved", copied->done, target->shown);
    if (!target->is_foreign) co_await session.send_warning(copied->warning);
    co_return Transferred{std::move(copied->done), std::move(messages)};
}

}  // namespace

net::Async<Reply> copy(Session& session, imap::Copy command) {
    const auto copied = co_await run(session, command, Kind::copy);
    if (!copied) co_return copied.error();
    if (copied->copied.from.empty()) co_return ok("COPY completed, no messages");
    co_return ok(code_of(copied->copied) + " COPY completed");
}

/// COPYUID comes before the EXPUNGE responses (RFC 6851 §4.3), which follow as for any command.
net::Async<Reply> move(Session& session, imap::Copy command) {
    const auto moved = co_await run(session, command, Kind::move);
    if (!moved) co_return moved.error();
    if (moved->copied.from.empty()) co_return ok(limited_text(session, moved->messages, "MOVE completed, no messages"));
    const std::string line = "* OK " + code_of(moved->copied) + " Moved\r\n";
    co_await session.send(line);
    Reply reply = ok(limited_text(session, moved->messages, "MOVE completed"));
    reply.tells_modseq = true;
    co_return reply;
}

}  // namespace posthouse::imapd
