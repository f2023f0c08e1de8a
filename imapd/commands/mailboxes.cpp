// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 §6.3.3 to §6.3.7).
#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

/// A name given to CREATE may end in the separator, to say that names below it will follow (RFC 3501 §6.3.3).
std::string_view without_last_separator(std::string_view name) {
    if (name.size() > 1 && name.back() == storage::hierarchy_separator) name.remove_suffix(1);
    return name;
}

}  // namespace

net::Async<Reply> create(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, without_last_separator(command.mailbox));
    if (!name) co_return no(name.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] { return account.create(*name); });
    if (!done) co_return no(done.error());
    co_return ok("CREATE completed");
}

net::Async<Reply> remove(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] {
        const auto removal = session.quota().removal();
        return account.remove(*name);
    });
    if (!done) co_return no(done.error());
    log_mailbox(session, "mailbox deleted", *name);
    // Who deletes the mailbox it has selected knows that it is gone; others hear BYE.
    if (session.state() == kSelected && session.selected().name == *name) session.unselect();
    co_return ok("DELETE completed");
}

net::Async<Reply> rename(Session& session, imap::Rename command) {
    const Result<storage::MailboxName> from = mailbox_of(session, command.from);
    if (!from) co_return no(from.error());
    const Result<storage::MailboxName> to = parse_mailbox(without_last_separator(command.to));
    if (!to) co_return no(to.error());
    storage::Account& account = session.account();
    const Result<> done = co_await session.disk([&] {
        // Other rules may hold for the new name.
        const auto removal = session.quota().removal();
        return account.rename(*from, *to);
    });
    if (!done) co_return no(done.error());
    log_mailbox(session, "mailbox renamed", *from, to->text());
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
