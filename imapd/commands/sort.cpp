// SORT and THREAD with their UID variants (RFC 5256 §3), with the results of ESORT and CONTEXT=SORT (RFC 5267).
#include <algorithm>

#include "imapd/commands/commands.h"
#include "imapd/message_limit.h"
#include "imapd/search/context_updates.h"
#include "imapd/search/find.h"
#include "imapd/search/ordering.h"
#include "imapd/search/sort_run.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

/// Gets headers ready, some in each turn: those that nobody has asked for before are read. That is the second half of
/// the command's goal.
net::Async<Result<>> read_headers(Session& session, std::span<const std::uint32_t> numbers, Progress& progress) {
    const std::size_t total = numbers.size();
    const std::uint64_t half = progress.goal() / 2;
    while (!numbers.empty()) {
        const std::span<const std::uint32_t> some = numbers.first(std::min(numbers.size(), kOrderedPerTurn));
        const Result<> ready = co_await progress.disk([&] { return prepare_order(session.selected(), some); });
        if (!ready) co_return fail(ready.error());
        numbers = numbers.subspan(some.size());
        progress.set_done(half + half * (total - numbers.size()) / total);
        if (!numbers.empty()) co_await progress.tell_if_due();
        if (session.ended()) co_return fail(ErrorCode::closed, "Connection lost");
    }
    co_return Result<>{};
}

/// The numbers of the messages that match, in the order of the criteria.
net::Async<Result<std::vector<std::uint32_t>>> find_in_order(Session& session, const imap::Sort& command,
                                                             SearchRun& run) {
    const bool reads = reads_headers(command.criteria);
    Progress progress(session, std::uint64_t{session.selected().view.count()} * (reads ? 2 : 1));
    const Result<> done = co_await find(session, run, progress);
    if (!done) co_return fail(done.error());
    SortRun order(session.selected(), run.numbers(), command.criteria, session.services().orders);
    const std::uint64_t half = progress.goal() / 2;
    for (bool more = true; more;) {
        const Result<bool> advanced = co_await progress.disk([&] { return order.advance(); });
        if (!advanced) co_return fail(advanced.error());
        more = *advanced;
        if (more) progress.set_done(half + half * order.done() / run.numbers().size());
        if (more) co_await progress.tell_if_due();
        if (session.ended()) co_return fail(ErrorCode::closed, "Connection lost");
    }
    co_return order.take();
}

}  // namespace

net::Async<Reply> sort(Session& session, imap::Sort command) {
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    if (std::optional<Reply> wrong = context_objection(session, command)) co_return std::move(*wrong);
    if (are_too_many(session, searched(session, command.key))) co_return too_many(session, "sort");
    if (command.asks_modseq) co_await session.enable_condstore();
    SearchRun run(session.selected(), command.key, command.asks_modseq);
    Result<std::vector<std::uint32_t>> sorted = co_await find_in_order(session, command, run);
    if (!sorted) co_return search_failed(session, command, sorted.error());
    co_await keep_up_to_date(session, command, command.criteria, *sorted);
    co_await send_found(session, command, run, std::move(*sorted), imap::append_sort);
    co_return ok(command.by_uid ? "UID SORT completed" : "SORT completed");
}

net::Async<Reply> thread(Session& session, imap::Thread command) {
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    if (are_too_many(session, searched(session, command.key))) co_return too_many(session, "thread");
    SearchRun run(session.selected(), command.key);
    Progress progress(session, std::uint64_t{session.selected().view.count()} * 2);
    const Result<> done = co_await find(session, run, progress);
    if (!done) co_return no(done.error());
    const Result<> ready = co_await read_headers(session, run.numbers(), progress);
    if (!ready) co_return no(ready.error());
    std::string trees;
    const Result<> made = co_await progress.disk(
        [&] { return append_thread(trees, session.selected(), run.numbers(), command.algorithm, command.by_uid); });
    if (!made) co_return no(made.error());
    const std::string response = trees.empty() ? "* THREAD\r\n" : "* THREAD " + trees + "\r\n";
    co_await session.send(response);
    co_return ok(command.by_uid ? "UID THREAD completed" : "THREAD completed");
}

}  // namespace posthouse::imapd
