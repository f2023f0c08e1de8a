// LIST (RFC 3501 §6.3.8, RFC 5258, RFC 5819), LSUB (RFC 3501 §6.3.9), NAMESPACE (RFC 2342).
#include <string>

#include "imapd/commands/commands.h"
#include "imapd/listing.h"
#include "imapd/mailbox_names.h"
#include "imapd/metadata_response.h"
#include "imapd/rights_response.h"
#include "imapd/session.h"
#include "imapd/status_response.h"

namespace posthouse::imapd {
namespace {

/// What LIST is to tell of each mailbox beside its line.
struct Extras {
    std::optional<imap::StatusItems> status;  ///< RFC 5819 §2
    bool my_rights = false;                   ///< RFC 8440 §4
    std::vector<std::string> entries;         ///< RFC 9590 §3
    std::uint64_t append_limit = 0;
    std::string user;
    Enabled enabled;

    bool empty() const { return !status && !my_rights && entries.empty(); }
};

/// The mailbox's line and what follows it; one that has gone meanwhile has only its line. Blocks.
std::string with_extras(const storage::Account& account, const Listing& listing, const Extras& extras) {
    std::string out = listing.line;
    if (!listing.exists) return out;
    const std::string name = wire_name(extras.enabled, listing.name);
    if (extras.status)
        out += status_response(account, listing.name, name, *extras.status, extras.append_limit).value_or("");
    if (extras.my_rights)
        if (const Result<storage::Rights> rights = account.effective_rights(listing.name, {extras.user}))
            append_my_rights(out, name, *rights);
    if (!extras.entries.empty())
        if (const Result<storage::Annotations> annotations = account.annotations(listing.name))
            append_metadata(out, name, *annotations, {extras.entries});
    return out;
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
    Extras extras{command.return_status,
                  command.return_my_rights,
                  {},
                  static_cast<std::uint64_t>(session.config().imapd.append_limit),
                  session.user(),
                  session.enabled()};
    if (command.return_metadata) {
        Result<std::vector<std::string>> entries = read_queried(*command.return_metadata);
        if (!entries) co_return bad(entries.error().text);
        extras.entries = std::move(*entries);
    }
    for (const Listing& listing : listing_of(command, *mailboxes, session.enabled())) {
        if (!extras.empty()) {
            const std::string lines = co_await session.disk([&] { return with_extras(account, listing, extras); });
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
    for (const Listing& listing : listing_of(command, *mailboxes, session.enabled())) {
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
