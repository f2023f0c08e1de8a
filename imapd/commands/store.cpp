// STORE and UID STORE (RFC 3501 §6.4.6, §6.4.8).
#include <algorithm>
#include <string>

#include "imapd/changes.h"
#include "imapd/commands/commands.h"
#include "imapd/flag_mapping.h"
#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

constexpr std::size_t kPiece = 32 << 10;

storage::FlagAction action_of(imap::Store::Mode mode) {
    switch (mode) {
        case imap::Store::Mode::replace: return storage::FlagAction::replace;
        case imap::Store::Mode::add: return storage::FlagAction::add;
        case imap::Store::Mode::remove: break;
    }
    return storage::FlagAction::remove;
}

/// The responses which tell the client the flags as they are now.
net::Async<> send_flags(Session& session, const std::vector<storage::MessageFlags>& changed, bool with_uid) {
    Selected& selected = session.selected();
    std::string lines;
    if (selected.view.mailbox().keywords().size() != selected.keywords_told) lines = flags_of_mailbox(selected);
    for (const storage::MessageFlags& message : changed) {
        append_flags_fetch(lines, selected.view, message, with_uid);
        if (lines.size() < kPiece) continue;
        co_await session.send(lines);
        lines.clear();
        if (session.ended()) co_return;
    }
    co_await session.send(lines);
}

}  // namespace

net::Async<Reply> store(Session& session, imap::Store command) {
    storage::View& view = session.selected().view;
    const Result<std::vector<imap::NumberRange>> numbers = numbers_of(view, command.messages, command.by_uid);
    if (!numbers) co_return bad(numbers.error().text);
    if (view.read_only()) co_return no("[READ-ONLY] Mailbox is open read-only");
    Result<storage::Flags> flags = to_storage(command.flags);
    if (!flags) co_return bad(flags.error().text);
    const storage::UidSet uids = uids_of(view, *numbers);
    const storage::FlagChange change{action_of(command.mode), std::move(*flags)};
    const Result<std::vector<storage::MessageFlags>> changed =
        co_await session.disk([&] { return view.mailbox().store_flags(uids, change); });
    if (!changed) co_return no(changed.error());
    view.acknowledge(*changed);
    if (!command.silent) co_await send_flags(session, *changed, command.by_uid);
    std::size_t asked = 0;
    for (const imap::NumberRange& range : *numbers) asked += range.last - range.first + 1;
    // RFC 2180 §4.2: messages that another session has removed.
    if (changed->size() < asked) co_return no("[EXPUNGEISSUED] Some of the messages no longer exist");
    co_return ok(command.by_uid ? "UID STORE completed" : "STORE completed");
}

}  // namespace posthouse::imapd
