// SEARCH and UID SEARCH (RFC 3501 §6.4.4, §6.4.8), with the results of ESEARCH (RFC 4731).
#include "imapd/commands/commands.h"
#include "imapd/search/search_run.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {

net::Async<Reply> search(Session& session, imap::Search command) {
    if (command.asks_modseq) co_await session.enable_condstore();
    SearchRun run(session.selected(), command.key);
    bool more = true;
    while (more) {
        const Result<bool> advanced = co_await session.disk([&] { return run.advance(); });
        if (!advanced) co_return no(advanced.error());
        more = *advanced;
    }
    const std::vector<std::uint32_t> found = command.by_uid ? run.uids() : run.numbers();
    std::optional<std::uint64_t> modseq;
    if (command.asks_modseq) modseq = run.modseq(command.returns);
    std::string response;
    if (command.extended) {
        imap::append_esearch(response, session.tag(), command.by_uid, command.returns, found, modseq);
    } else {
        imap::append_search(response, found, modseq);
    }
    co_await session.send(response);
    co_return ok(command.by_uid ? "UID SEARCH completed" : "SEARCH completed");
}

}  // namespace posthouse::imapd
