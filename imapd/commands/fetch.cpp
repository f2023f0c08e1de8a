// FETCH and UID FETCH (RFC 3501 §6.4.5, §6.4.8).
#include <algorithm>

#include "imapd/commands/commands.h"
#include "imapd/fetch/fetch_run.h"
#include "imapd/fetch/send_fetched.h"
#include "imapd/message_limit.h"
#include "imapd/progress.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

bool tells_modseq(const imap::Fetch& command) {
    return command.changed_since || imap::has_item(command.items, imap::FetchItem::Kind::modseq);
}

/// Those of `uids` that the command names and that have left the view: of the others the client is told by VANISHED
/// without EARLIER, which takes them out of its count (RFC 7162 §3.2.10).
std::vector<imap::NumberRange> named_of(const storage::View& view, const imap::SequenceSet& set,
                                        const std::vector<storage::Uid>& uids) {
    const std::vector<imap::NumberRange> wanted = set.resolve(view.uid_next().value() - 1);
    std::vector<std::uint32_t> named;
    for (const storage::Uid uid : uids)
        if (imap::contains(wanted, uid.value()) && !view.number(uid)) named.push_back(uid.value());
    return imap::to_ranges(named);
}

/// CHANGEDSINCE (RFC 7162 §3.1.4.1): of `numbers` those stay that the change log tells of. With VANISHED `out` gets
/// what is gone of the UIDs that the command names (RFC 7162 §3.2.6). Blocks.
Result<> leave_out_unchanged(const Selected& selected, const imap::Fetch& command,
                             std::vector<imap::NumberRange>& numbers, std::string& out) {
    const storage::View& view = selected.view;
    const Result<storage::MessageChanges> changes =
        view.mailbox().changes_since(storage::ModSeq(*command.changed_since));
    if (!changes) return fail(changes.error());
    if (command.vanished) {
        if (changes->whole) {
            std::vector<imap::NumberRange> gone = command.messages.resolve(view.uid_next().value() - 1);
            imap::append_vanished(out, without(gone, view.uids()), true);
        } else {
            imap::append_vanished(out, named_of(view, command.messages, changes->gone), true);
        }
    }
    std::vector<std::uint32_t> changed;
    for (const storage::Uid uid : changes->changed)
        if (const auto number = view.number(uid); number && imap::contains(numbers, number->value()))
            changed.push_back(number->value());
    numbers = imap::to_ranges(changed);
    return {};
}

/// Of the messages named, those that the partial range takes (RFC 9394 §3.2).
std::vector<imap::NumberRange> part_of(const std::vector<imap::NumberRange>& numbers,
                                       const imap::PartialRange& partial) {
    auto [skipped, left] = imap::taken_of(partial, count_of(numbers));
    std::vector<imap::NumberRange> part;
    for (imap::NumberRange range : numbers) {
        const std::size_t length = range.last - range.first + 1;
        const std::size_t skip = std::min(skipped, length);
        const std::size_t take = std::min(left, length - skip);
        skipped -= skip;
        left -= take;
        if (take == 0) continue;
        range.first += static_cast<std::uint32_t>(skip);
        part.push_back({range.first, range.first + static_cast<std::uint32_t>(take) - 1});
    }
    return part;
}

}  // namespace

net::Async<Reply> fetch(Session& session, imap::Fetch command) {
    Selected& selected = session.selected();
    Result<std::vector<imap::NumberRange>> numbers = numbers_of(selected, command.messages, command.by_uid);
    if (!numbers) co_return bad(numbers.error().text);
    if (command.vanished && !session.enabled().qresync) co_return bad("VANISHED needs ENABLE QRESYNC");
    if (tells_modseq(command)) co_await session.enable_condstore();
    std::string piece;
    if (command.changed_since) {
        const Result<> narrowed =
            co_await session.disk([&] { return leave_out_unchanged(selected, command, *numbers, piece); });
        if (!narrowed) co_return no(narrowed.error());
        co_await session.send(piece);
    }
    if (command.partial) *numbers = part_of(*numbers, *command.partial);
    LimitedMessages messages = limited(session, std::move(*numbers));
    Progress progress(session, count_of(messages.numbers));
    FetchRun run(selected, std::move(command.items), std::move(messages.numbers), session.enabled());
    const Result<> sent = co_await send_fetched(session, run, progress);
    if (!sent) {
        Reply reply = no(sent.error());
        reply.error.reset();  // told already
        co_return reply;
    }
    if (run.some_not_decoded()) co_return no("[UNKNOWN-CTE] Some of the parts have an encoding that is not known");
    if (run.some_gone()) co_return no("[EXPUNGEISSUED] Some of the messages no longer exist");
    co_return ok(limited_text(session, messages, command.by_uid ? "UID FETCH completed" : "FETCH completed"));
}

}  // namespace posthouse::imapd
