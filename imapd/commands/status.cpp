// STATUS (RFC 3501 §6.3.10).
#include "imapd/commands/commands.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "imapd/status_response.h"

namespace posthouse::imapd {

net::Async<Reply> status(Session& session, imap::Status command) {
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    if ((command.items & imap::kStatusHighestModSeq) != 0) co_await session.enable_condstore();
    const storage::Account& account = session.account();
    const Result<storage::Status> counts = co_await session.disk([&] { return account.status(*name); });
    if (!counts) co_return no(counts.error());
    std::string line;
    append_status_response(line, command.mailbox, command.items, *counts);
    co_await session.send(line);
    co_return ok("STATUS completed");
}

}  // namespace posthouse::imapd
