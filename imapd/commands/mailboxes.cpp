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
    const Result<storage::MailboxName> name = mailbox_of(session, without_last_separator(command.mailbox));
    if (!name) co_return no(name.error());
    if (const Result<> valid = may_be_given(session.enabled(), *name); !valid) co_return no(valid.error());
    // RFC 6154 §3: a mailbox has one use here.
    if (command.special_uses.size() > 1) co_return no("[USEATTR] A mailbox has one special use at most");
    storage::CreateOptions options;
    if (!command.special_uses.empty()) options.special_use = command.special_uses.front();
    storage::Account& account = session.account();
    const Result<std::string> id = co_await session.disk([&] { return create_mailbox(account, *name, options); });
    const bool is_about_use = !options.special_use.empty() && !id &&
                              (id.error().code == ErrorCode::unsupported || id.error().code == ErrorCode::invalid);
    if (is_about_use) co_return no("[USEATTR] " + imap::reply_text(id.error().text));
    if (!id) co_return no(id.error());
    const std::string called = old_name_response(session.enabled(), without_last_separator(command.mailbox), *name);
    co_await session.send(called);
    co_return ok("[MAILBOXID (" + *id + ")] CREATE completed");
}

net::Async<Reply> remove(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    // Nobody may, with whatever rights.
    if (name->is_inbox()) co_return no("[CANNOT] INBOX can't be deleted");
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] {
        const auto removal = session.quota().removal();
        return account.remove(*name);
    });
    if (!done && done.error().code == ErrorCode::not_found) {
        const bool is_parent = co_await session.disk([&] { return has_children(account, *name); });
        if (is_parent) co_return no("[HASCHILDREN] There are mailboxes below this name, and none of this name itself");
    }
    if (!done) co_return no(done.error());
    log_mailbox(session, "mailbox deleted", *name);
    // Who deletes the mailbox it has selected knows that it is gone; others hear BYE.
    if (session.state() == kSelected && session.selected().name == *name) session.unselect();
    co_return ok("DELETE completed");
}

net::Async<Reply> rename(Session& session, imap::Rename command) {
    const Result<storage::MailboxName> from = mailbox_of(session, command.from);
    if (!from) co_return no(from.error());
    const Result<storage::MailboxName> to = parse_mailbox(session.enabled(), without_last_separator(command.to));
    if (!to) co_return no(to.error());
    if (const Result<> valid = may_be_given(session.enabled(), *to); !valid) co_return no(valid.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] {
        // Other rules may hold for the new name.
        const auto removal = session.quota().removal();
        return account.rename(*from, *to);
    });
    if (!done) co_return no(done.error());
    log_mailbox(session, "mailbox renamed", *from, to->text());
    // INBOX is there still, empty.
    if (!from->is_inbox()) {
        const std::string called = old_name_response(session.enabled(), from->text(), *to);
        co_await session.send(called);
    }
    co_return ok("RENAME completed");
}

net::Async<Reply> subscribe(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, without_last_separator(command.mailbox));
    if (!name) co_return no(name.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] { return account.subscribe(*name); });
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
