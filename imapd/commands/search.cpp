// SEARCH and UID SEARCH (RFC 3501 §6.4.4, §6.4.8), with the results of ESEARCH (RFC 4731), SEARCHRES (RFC 5182) and
// PARTIAL (RFC 9394).
#include "imapd/commands/commands.h"
#include "imapd/search/find.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {

net::Async<Reply> search(Session& session, imap::Search command) {
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    if (command.asks_modseq) co_await session.enable_condstore();
    SearchRun run(session.selected(), command.key);
    const Result<> done = co_await find(session, run);
    if (!done) {
        // RFC 5182 §2.1: what failed leaves nothing behind "$".
        if ((command.returns & imap::kReturnSave) != 0) session.selected().saved = {};
        co_return no(done.error());
    }
    save_result(session.selected(), command, run.uids());
    const std::vector<std::uint32_t> found = command.by_uid ? run.uids() : run.numbers();
    std::optional<std::uint64_t> modseq;
    if (command.asks_modseq) modseq = run.modseq(command.returns);
    std::string response;
    if (!command.extended)
        imap::append_search(response, found, modseq);
    else if (command.returns != imap::kReturnSave)
        imap::append_esearch(response, session.tag(), command.by_uid,
                             {command.returns, found, modseq, command.partial});
    co_await session.send(response);
    co_return ok(command.by_uid ? "UID SEARCH completed" : "SEARCH completed");
}

}  // namespace posthouse::imapd
