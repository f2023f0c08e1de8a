// LIST (RFC 3501 §6.3.8, RFC 5258, RFC 5819), LSUB (RFC 3501 §6.3.9), NAMESPACE (RFC 2342).
#include <optional>
#include <string>
#include <vector>

#include "imapd/commands/commands.h"
#include "imapd/listing.h"
#include "imapd/mailbox_names.h"
#include "imapd/metadata_response.h"
#include "imapd/progress.h"
#include "imapd/rights_response.h"
#include "imapd/session.h"
#include "imapd/status_response.h"
#include "storage/namespaces.h"

namespace posthouse::imapd {
namespace {

/// What LIST is to tell of each mailbox beside its line.
struct Extras {
    std::optional<imap::StatusItems> status;  ///< RFC 5819 §2
    bool my_rights = false;                   ///< RFC 8440 §4
    std::vector<std::string> entries;         ///< RFC 9590 §3
    std::uint64_t append_limit = 0;
    Enabled enabled;

    bool empty() const { return !status && !my_rights && entries.empty(); }
};

/// The mailbox's line and what follows it; one that has gone meanwhile has only its line. Blocks.
std::string with_extras(const Session& session, const Listing& listing, const Extras& extras) {
    std::string out = listing.line;
    if (!listing.exists) return out;
    const std::string name = wire_name(extras.enabled, listing.name);
    const Result<Place> place = place_of(session, listing.name);
    if (!place) return out;
    if (extras.status && place->rights.has(storage::Right::read))
        out += status_response(*place, name, *extras.status, extras.append_limit).value_or("");
    if (extras.my_rights)
        if (const Result<storage::Rights> rights = place->account->effective_rights(place->name, {session.user()}))
            append_my_rights(out, name, *rights);
    if (!extras.entries.empty() && may_annotate(place->rights))
        if (const Result<storage::Annotations> annotations = place->account->annotations(place->name))
            append_metadata(out, name, *annotations,
                            {.entries = extras.entries, .user = annotation_user(session, *place)});
    return out;
}

net::Async<> send_listings(Session& session, const std::vector<Listing>& listings, const Extras& extras) {
    if (extras.empty()) {
        std::string lines;
        for (const Listing& listing : listings) lines += listing.line;
        if (!lines.empty()) co_await session.send(lines);
        co_return;
    }
    for (const Listing& listing : listings) {
        const std::string lines = co_await session.disk([&] { return with_extras(session, listing, extras); });
        co_await session.send(lines);
        if (session.ended()) co_return;
    }
}

}  // namespace

net::Async<Reply> list(Session& session, imap::List command) {
    const bool asks_for_root = !command.extended && command.patterns.front().empty();
    if (asks_for_root) {
        // RFC 3501 §6.3.8: the separator, and the root of the reference.
        co_await session.send("* LIST (\\Noselect) \"/\" \"\"\r\n");
        co_return ok("LIST completed");
    }
    const bool leads_to_others = may_show_others(command);
    const Result<std::vector<storage::ListedMailbox>> mailboxes =
        co_await session.disk([&] { return leads_to_others ? list_all(session) : list_own(session); });
    if (!mailboxes) co_return no(mailboxes.error());
    Extras extras{command.return_status,
                  command.return_my_rights,
                  {},
                  static_cast<std::uint64_t>(session.config().imapd.append_limit),
                  session.enabled()};
    if (command.return_metadata) {
        Result<std::vector<std::string>> entries = read_queried(*command.return_metadata);
        if (!entries) co_return bad(entries.error().text);
        extras.entries = std::move(*entries);
    }
    ListRun run(command, *mailboxes, session.enabled());
    Progress progress(session, mailboxes->size());
    for (bool more = true; more && !session.ended();) {
        std::vector<Listing> listings;
        more = co_await progress.disk([&] { return run.advance(listings); });
        co_await send_listings(session, listings, extras);
        progress.set_done(run.done());
        if (more) co_await progress.tell_if_due();
    }
    co_return ok("LIST completed");
}

net::Async<Reply> lsub(Session& session, imap::Lsub command) {
    if (command.pattern.empty()) {
        co_await session.send("* LSUB (\\Noselect) \"/\" \"\"\r\n");
        co_return ok("LSUB completed");
    }
    // What is subscribed stands in the user's own file.
    const Result<std::vector<storage::ListedMailbox>> mailboxes =
        co_await session.disk([&] { return list_own(session); });
    if (!mailboxes) co_return no(mailboxes.error());
    LsubRun run(command, *mailboxes, session.enabled());
    Progress progress(session, mailboxes->size());
    for (bool more = true; more && !session.ended();) {
        std::string lines;
        more = co_await progress.disk([&] { return run.advance(lines); });
        if (!lines.empty()) co_await session.send(lines);
        progress.set_done(run.done());
        if (more) co_await progress.tell_if_due();
    }
    co_return ok("LSUB completed");
}

net::Async<Reply> list_namespaces(Session& session, imap::NoArguments /*command*/) {
    const storage::Namespaces namespaces = storage::namespaces_of(session.config().imapd);
    const auto shown = [](bool is_there, std::string_view root) {
        return is_there ? " ((\"" + std::string(root) + "/\" \"/\"))" : std::string(" NIL");
    };
    const std::string line = "* NAMESPACE ((\"\" \"/\"))" + shown(namespaces.other_users, storage::other_users_root) +
                             shown(namespaces.shared, storage::shared_root) + "\r\n";
    co_await session.send(line);
    co_return ok("NAMESPACE completed");
}

}  // namespace posthouse::imapd
