// SORT and THREAD with their UID variants (RFC 5256 §3), with the results of ESORT (RFC 5267 §3).
#include <algorithm>

#include "imapd/commands/commands.h"
#include "imapd/search/find.h"
#include "imapd/search/ordering.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {
namespace {

/// Gets headers ready, some in each turn: those that nobody has asked for before are read.
net::Async<Result<>> read_headers(Session& session, std::span<const std::uint32_t> numbers) {
    while (!numbers.empty()) {
        const std::span<const std::uint32_t> some = numbers.first(std::min(numbers.size(), kOrderedPerTurn));
        const Result<> ready = co_await session.disk([&] { return prepare_order(session.selected(), some); });
        if (!ready) co_return fail(ready.error());
        numbers = numbers.subspan(some.size());
    }
    co_return Result<>{};
}

/// Messages found, in the order of the criteria, as UIDs.
net::Async<Result<std::vector<std::uint32_t>>> in_order(Session& session, const imap::Sort& command,
                                                        const SearchRun& run) {
    if (reads_headers(command.criteria)) {
        const Result<> ready = co_await read_headers(session, run.numbers());
        if (!ready) co_return fail(ready.error());
    }
    co_return co_await session.disk(
        [&] { return sort_found(session.selected(), run.numbers(), command.criteria, true); });
}

}  // namespace

net::Async<Reply> sort(Session& session, imap::Sort command) {
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    if (command.asks_modseq) co_await session.enable_condstore();
    Selected& selected = session.selected();
    SearchRun run(selected, command.key);
    const Result<> done = co_await find(session, run);
    Result<std::vector<std::uint32_t>> sorted = fail(ErrorCode::internal, {});
    if (done)
        sorted = co_await in_order(session, command, run);
    else
        sorted = fail(done.error());
    if (!sorted) {
        if ((command.returns & imap::kReturnSave) != 0) selected.saved = {};
        co_return no(sorted.error());
    }
    save_result(selected, command, *sorted);
    if (!command.by_uid)
        for (std::uint32_t& uid : *sorted) uid = selected.view.number(storage::Uid(uid))->value();
    std::optional<std::uint64_t> modseq;
    if (command.asks_modseq) modseq = run.modseq(0);
    std::string response;
    if (!command.extended)
        imap::append_sort(response, *sorted, modseq);
    else if (command.returns != imap::kReturnSave)
        imap::append_esearch(response, session.tag(), command.by_uid,
                             {command.returns, *sorted, modseq, command.partial});
    co_await session.send(response);
    co_return ok(command.by_uid ? "UID SORT completed" : "SORT completed");
}

net::Async<Reply> thread(Session& session, imap::Thread command) {
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    SearchRun run(session.selected(), command.key);
    const Result<> done = co_await find(session, run);
    if (!done) co_return no(done.error());
    const Result<> ready = co_await read_headers(session, run.numbers());
    if (!ready) co_return no(ready.error());
    std::string trees;
    const Result<> made = co_await session.disk(
        [&] { return append_thread(trees, session.selected(), run.numbers(), command.algorithm, command.by_uid); });
    if (!made) co_return no(made.error());
    const std::string response = trees.empty() ? "* THREAD\r\n" : "* THREAD " + trees + "\r\n";
    co_await session.send(response);
    co_return ok(command.by_uid ? "UID THREAD completed" : "THREAD completed");
}

}  // namespace posthouse::imapd
