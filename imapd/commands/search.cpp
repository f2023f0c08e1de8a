// SEARCH and UID SEARCH (RFC 3501 §6.4.4, §6.4.8), with the results of ESEARCH (RFC 4731), SEARCHRES (RFC 5182),
// PARTIAL (RFC 9394) and CONTEXT=SEARCH (RFC 5267).
#include "imapd/commands/commands.h"
#include "imapd/message_limit.h"
#include "imapd/search/context_updates.h"
#include "imapd/search/find.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"

namespace posthouse::imapd {

/// With IMAP4rev2 the answer is ESEARCH, whether or not RETURN was given (RFC 9051 §6.4.4).
net::Async<Reply> search(Session& session, imap::Search command) {
    // RFC 6855 §3: all texts are in UTF-8 now.
    if (command.names_charset && session.enabled().utf8_accept)
        co_return bad("[CLIENTBUG] No CHARSET after ENABLE UTF8=ACCEPT");
    if (session.enabled().rev2 && !command.extended) {
        command.extended = true;
        command.returns = imap::kReturnAll;
    }
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    if (std::optional<Reply> wrong = context_objection(session, command)) co_return std::move(*wrong);
    if (command.asks_modseq) co_await session.enable_condstore();
    const LimitedMessages messages = limit_search(session, command.key);
    SearchRun run(session.selected(), command.key, command.asks_modseq);
    Progress progress(session, session.selected().view.count());
    const Result<> done = co_await find(session, run, progress);
    if (!done) co_return search_failed(session, command, done.error());
    co_await keep_up_to_date(session, command, {}, run.numbers());
    co_await send_found(session, command, run, run.numbers(), imap::append_search);
    co_return ok(limited_text(session, messages, command.by_uid ? "UID SEARCH completed" : "SEARCH completed"));
}

}  // namespace posthouse::imapd
