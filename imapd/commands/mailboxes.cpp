// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 §6.3.3 to §6.3.7).
#include <algorithm>

#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/object_ids.h"
#include "imapd/session.h"
#include "lib/imap/strings.h"
#include "storage/mailbox.h"

namespace posthouse::imapd {
namespace {

/// There are mailboxes below the name. Blocks.
bool has_children(const storage::Account& account, const storage::MailboxName& name) {
    const Result<std::vector<storage::ListedMailbox>> mailboxes = account.list();
    return mailboxes && std::ranges::any_of(*mailboxes, [&](const storage::ListedMailbox& mailbox) {
               return mailbox.exists && mailbox.name.is_below(name);
           });
}

/// Creates, and finds out the new mailbox's id (RFC 8474 §4.1). Blocks.
Result<std::string> create_mailbox(storage::Account& account, const storage::MailboxName& name,
                                   const storage::CreateOptions& options) {
    if (Result<> created = account.create(name, options); !created) return fail(created.error());
    const Result<std::shared_ptr<storage::Mailbox>> mailbox = account.open(name);
    if (!mailbox) return fail(mailbox.error());
    if (const Result<storage::Status> seen = (*mailbox)->status(); !seen) return fail(seen.error());
    return mailbox_id_of((*mailbox)->guid());
}

}  // namespace

net::Async<Reply> create(Session& session, imap::Create command) {
    const Result<Place> place = co_await find_new_place(session, command.mailbox);
    if (!place) co_return no(place.error());
    // RFC 6154 §3: a mailbox has one use here.
    if (command.special_uses.size() > 1) co_return no("[USEATTR] A mailbox has one special use at most");
    storage::CreateOptions options;
    if (!command.special_uses.empty()) options.special_use = command.special_uses.front();
    if (place->is_foreign && !options.special_use.empty())
        co_return no("[USEATTR] Special uses are for mailboxes of one's own");
    const Result<std::string> id =
        co_await session.disk([&] { return create_mailbox(*place->account, place->name, options); });
    const bool is_about_use = !options.special_use.empty() && !id &&
                              (id.error().code == ErrorCode::unsupported || id.error().code == ErrorCode::invalid);
    if (is_about_use) co_return no("[USEATTR] " + imap::reply_text(id.error().text));
    if (!id) co_return no(id.error());
    const std::string called =
        old_name_response(session.enabled(), without_last_separator(command.mailbox), place->shown);
    co_await session.send(called);
    co_return ok("[MAILBOXID (" + *id + ")] CREATE completed");
}

net::Async<Reply> remove(Session& session, imap::MailboxArgument command) {
    const Result<Place> place = co_await find_place(session, command.mailbox, storage::Right::delete_mailbox);
    if (!place) co_return no(place.error());
    // Nobody may, with whatever rights.
    if (place->name.is_inbox()) co_return no("[CANNOT] INBOX can't be deleted");
    const storage::AccountQuota quota = co_await quota_for_removal(session, *place);
    const Result<> done = co_await session.disk([&] {
        const auto removal = quota.removal();
        return place->account->remove(place->name);
    });
    if (!done && done.error().code == ErrorCode::not_found) {
        const bool is_parent = co_await session.disk([&] { return has_children(*place->account, place->name); });
        if (is_parent) co_return no("[HASCHILDREN] There are mailboxes below this name, and none of this name itself");
    }
    if (!done) co_return no(done.error());
    log_mailbox(session, "mailbox deleted", place->shown);
    // Who deletes the mailbox it has selected knows that it is gone; others hear BYE.
    if (session.state() == kSelected && session.selected().name == place->shown) session.unselect();
    co_return ok("DELETE completed");
}

net::Async<Reply> rename(Session& session, imap::Rename command) {
    const Result<Place> to = co_await find_new_place(session, command.to);
    if (!to) co_return no(to.error());
    const Result<Place> from = co_await find_place(session, command.from, storage::Right::delete_mailbox);
    if (!from) co_return no(from.error());
    if (!(from->account->name() == to->account->name()))
        co_return no("[CANNOT] A mailbox can't be moved to another user");
    // That would be a move of all messages out of a mailbox that stays.
    if (from->is_foreign && from->name.is_inbox()) co_return no("[CANNOT] Another user's INBOX can't be renamed");
    const storage::AccountQuota quota = co_await quota_for_removal(session, *from);
    const Result<> done = co_await session.disk([&] {
        // Other rules may hold for the new name.
        const auto removal = quota.removal();
        return from->account->rename(from->name, to->name);
    });
    if (!done) co_return no(done.error());
    log_mailbox(session, "mailbox renamed", from->shown, to->shown.text());
    // INBOX is there still, empty.
    if (!from->name.is_inbox()) {
        const std::string called = old_name_response(session.enabled(), from->shown.text(), to->shown);
        co_await session.send(called);
    }
    co_return ok("RENAME completed");
}

/// A mailbox of one's own needn't be there (RFC 9051 §6.3.7); one of others must, and be seen.
net::Async<Reply> subscribe(Session& session, imap::MailboxArgument command) {
    const Result<Place> place = co_await find_place(session, without_last_separator(command.mailbox));
    if (!place) co_return no(place.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&]() -> Result<> {
        // One that doesn't exist may be subscribed (RFC 9051 §6.3.7), but not one that can't.
        if (const Result<bool> possible = account.exists(place->name); !place->is_foreign && !possible)
            return fail(possible.error());
        return account.subscribe(place->shown);
    });
    if (!done) co_return no(done.error());
    co_return ok("SUBSCRIBE completed");
}

net::Async<Reply> unsubscribe(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, without_last_separator(command.mailbox));
    if (!name) co_return no(name.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] { return account.unsubscribe(*name); });
    if (!done) co_return no(done.error());
    co_return ok("UNSUBSCRIBE completed");
}

}  // namespace posthouse::imapd
