// EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1). The EXPUNGE responses follow as for any command.
#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/message_limit.h"
#include "imapd/progress.h"
#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

/// The numbers of those that are \Deleted. Blocks.
Result<std::vector<imap::NumberRange>> deleted_of(const storage::View& view, const storage::UidSet& uids) {
    const Result<std::vector<storage::MessageRow>> rows = view.mailbox().rows(uids);
    if (!rows) return fail(rows.error());
    std::vector<std::uint32_t> numbers;
    for (const storage::MessageRow& row : *rows)
        if (const auto number = view.number(row.uid); number && row.flags.system.has(storage::Flag::deleted))
            numbers.push_back(number->value());
    return imap::to_ranges(numbers);
}

net::Async<Reply> expunge_from(Session& session, storage::UidSet uids, std::uint64_t count, std::string_view done) {
    storage::View& view = session.selected().view;
    if (view.read_only()) co_return no("[READ-ONLY] Mailbox is open read-only");
    if (!session.selected().may(storage::Right::expunge)) co_return no("[NOPERM] No right to expunge messages here");
    LimitedMessages messages;
    if (are_too_many(session, {{1, view.count()}})) {
        Result<std::vector<imap::NumberRange>> deleted = co_await session.disk([&] { return deleted_of(view, uids); });
        if (!deleted) co_return no(deleted.error());
        messages = limited(session, std::move(*deleted));
        uids = uids_of(view, messages.numbers);
        count = count_of(messages.numbers);
    }
    const storage::AccountQuota quota = co_await quota_for_removal(session, session.selected().place);
    Progress progress(session, count);
    const Result<std::vector<storage::Uid>> removed = co_await progress.disk([&] {
        const auto removal = quota.removal();
        return view.mailbox().expunge(uids, storage::ExpungeRule::deleted_only);
    });
    if (!removed) co_return no(removed.error());
    log_expunged(session, *removed);
    Reply reply = ok(limited_text(session, messages, std::string(done)));
    reply.tells_modseq = !removed->empty();
    co_return reply;
}

}  // namespace

net::Async<Reply> expunge(Session& session, imap::NoArguments /*command*/) {
    storage::UidSet everything = storage::UidSet::all();
    co_return co_await expunge_from(session, std::move(everything), session.selected().view.count(),
                                    "EXPUNGE completed");
}

net::Async<Reply> uid_expunge(Session& session, imap::UidExpunge command) {
    const storage::View& view = session.selected().view;
    const Result<std::vector<imap::NumberRange>> numbers = numbers_of(session.selected(), command.messages, true);
    if (!numbers) co_return bad(numbers.error().text);
    storage::UidSet uids = uids_of(view, *numbers);
    co_return co_await expunge_from(session, std::move(uids), count_of(*numbers), "UID EXPUNGE completed");
}

}  // namespace posthouse::imapd
