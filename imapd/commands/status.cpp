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
    const auto limit = static_cast<std::uint64_t>(session.config().imapd.append_limit);
    const Result<std::string> line =
        co_await session.disk([&] { return status_response(account, *name, command.mailbox, command.items, limit); });
    if (!line) co_return no(line.error());
    co_await session.send(*line);
    co_return ok("STATUS completed");
}

}  // namespace posthouse::imapd
