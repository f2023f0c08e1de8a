// LIST (RFC 3501 §6.3.8, RFC 5258, RFC 5819), LSUB (RFC 3501 §6.3.9), NAMESPACE (RFC 2342).
#include <string>

#include "imapd/commands/commands.h"
#include "imapd/listing.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "imapd/status_response.h"

namespace posthouse::imapd {
namespace {

/// STATUS of each mailbox after its LIST line (RFC 5819 §2); one that has gone meanwhile has none. Blocks.
std::string with_status(const storage::Account& account, const Listing& listing, imap::StatusItems items,
                        std::uint64_t append_limit) {
    if (!listing.exists) return listing.line;
    const Result<std::string> status =
        status_response(account, listing.name, wire_name(listing.name), items, append_limit);
    return listing.line + status.value_or("");
}

}  // namespace

net::Async<Reply> list(Session& session, imap::List command) {
    const bool asks_for_root = !command.extended && command.patterns.front().empty();
    if (asks_for_root) {
        // RFC 3501 §6.3.8: the separator, and the root of the reference.
        co_await session.send("* LIST (\\Noselect) \"/\" \"\"\r\n");
        co_return ok("LIST completed");
    }
    const storage::Account& account = session.account();
    const Result<std::vector<storage::ListedMailbox>> mailboxes = co_await session.disk([&] { return account.list(); });
    if (!mailboxes) co_return no(mailboxes.error());
    const auto limit = static_cast<std::uint64_t>(session.config().imapd.append_limit);
    for (const Listing& listing : listing_of(command, *mailboxes)) {
        if (command.return_status) {
            const std::string lines =
                co_await session.disk([&] { return with_status(account, listing, *command.return_status, limit); });
            co_await session.send(lines);
        } else {
            co_await session.send(listing.line);
        }
        if (session.ended()) break;
    }
    co_return ok("LIST completed");
}

net::Async<Reply> lsub(Session& session, imap::Lsub command) {
    if (command.pattern.empty()) {
        co_await session.send("* LSUB (\\Noselect) \"/\" \"\"\r\n");
        co_return ok("LSUB completed");
    }
    const storage::Account& account = session.account();
    const Result<std::vector<storage::ListedMailbox>> mailboxes = co_await session.disk([&] { return account.list(); });
    if (!mailboxes) co_return no(mailboxes.error());
    for (const Listing& listing : listing_of(command, *mailboxes)) {
        co_await session.send(listing.line);
        if (session.ended()) break;
    }
    co_return ok("LSUB completed");
}

/// One personal namespace, nothing shared.
net::Async<Reply> list_namespaces(Session& session, imap::NoArguments /*command*/) {
    co_await session.send("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    co_return ok("NAMESPACE completed");
}

}  // namespace posthouse::imapd
