// SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 §3). Identifiers are spelled as Dovecot spells them:
// "$group", "!group" for one that overrides users, and a user's address.
#include <algorithm>
#include <string>

#include "imapd/commands/commands.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/rights_response.h"
#include "imapd/session.h"
#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

using storage::AccessChange;
using storage::Identifier;

/// Whose rights a command is about; "-" before the identifier: the negative ones (RFC 4314 §2).
struct Subject {
    Identifier who;
    bool negative = false;
};

Result<Subject> subject_of(std::string_view text) {
    Subject subject;
    subject.negative = text.starts_with('-');
    if (subject.negative) text.remove_prefix(1);
    std::string stored(text);
    if (text.starts_with('$'))
        stored = "group=" + std::string(text.substr(1));
    else if (text.starts_with('!'))
        stored = "group-override=" + std::string(text.substr(1));
    else if (text != "anyone" && text != "anonymous" && text != "authenticated" && text != "owner")
        stored = "user=" + std::string(text);
    Result<Identifier> who = Identifier::parse(stored);
    if (!who) return fail(who.error());
    subject.who = std::move(*who);
    return subject;
}

std::string wire_identifier(const storage::AccessEntry& entry) {
    const std::string name = entry.negative ? "-" : "";
    switch (entry.who.kind) {
        case Identifier::Kind::group: return name + "$" + entry.who.name;
        case Identifier::Kind::group_override: return name + "!" + entry.who.name;
        case Identifier::Kind::user: return name + entry.who.name;
        default: return name + entry.who.text();
    }
}

/// The owner's rights, where the list itself doesn't tell them.
bool tells_owner(const storage::AccessList& list, const std::string& user) {
    return std::ranges::any_of(list.entries(), [&](const storage::AccessEntry& entry) {
        return !entry.negative && (entry.who.kind == Identifier::Kind::owner ||
                                   (entry.who.kind == Identifier::Kind::user && entry.who.name == user));
    });
}

/// The user's rights, with the one that this file's commands need but MYRIGHTS (RFC 4314 §4); denied without it.
Result<storage::Rights> administers(const storage::Account& account, const storage::MailboxName& name,
                                    const std::string& user) {
    Result<storage::Rights> rights = account.effective_rights(name, {user});
    if (rights && !rights->has(storage::Right::administer))
        return fail(ErrorCode::denied, "No right to administer this mailbox");
    return rights;
}

net::Async<Reply> change(Session& session, const std::string& mailbox, const std::string& identifier,
                         const AccessChange& wanted, std::string_view done) {
    const Result<storage::MailboxName> name = mailbox_of(session, mailbox);
    if (!name) co_return no(name.error());
    const Result<Subject> subject = subject_of(identifier);
    if (!subject) co_return bad("Invalid identifier");
    storage::Account& account = session.account();
    const Result<> changed = co_await session.disk([&]() -> Result<> {
        if (const auto mine = administers(account, *name, session.user()); !mine) return fail(mine.error());
        return account.set_acl(*name, subject->who, subject->negative, wanted);
    });
    if (!changed) co_return no(changed.error());
    log_mailbox(session, "access changed", *name, identifier);
    co_return ok(std::string(done));
}

}  // namespace

net::Async<Reply> set_acl(Session& session, imap::SetAcl command) {
    const Result<storage::Rights> rights = storage::Rights::parse(command.rights);
    if (!rights) co_return bad("Unknown right");
    AccessChange wanted{AccessChange::Action::replace, *rights};
    if (command.action == imap::SetAcl::Action::add) wanted.action = AccessChange::Action::add;
    if (command.action == imap::SetAcl::Action::remove) wanted.action = AccessChange::Action::remove;
    co_return co_await change(session, command.mailbox, command.identifier, wanted, "SETACL completed");
}

net::Async<Reply> delete_acl(Session& session, imap::AclIdentifier command) {
    const AccessChange forget{AccessChange::Action::forget, {}};
    co_return co_await change(session, command.mailbox, command.identifier, forget, "DELETEACL completed");
}

net::Async<Reply> get_acl(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    const storage::Account& account = session.account();
    storage::Rights mine;
    const Result<storage::AccessList> list = co_await session.disk([&]() -> Result<storage::AccessList> {
        const Result<storage::Rights> rights = administers(account, *name, session.user());
        if (!rights) return fail(rights.error());
        mine = *rights;
        return account.acl(*name);
    });
    if (!list) co_return no(list.error());
    std::string line = "* ACL ";
    imap::append_mailbox(line, command.mailbox);
    const auto add = [&](const std::string& identifier, storage::Rights rights) {
        line += ' ';
        imap::append_astring(line, identifier);
        line += " " + wire_rights(rights);
    };
    if (!tells_owner(*list, session.user())) add(session.user(), mine);
    for (const storage::AccessEntry& entry : list->entries()) add(wire_identifier(entry), entry.rights);
    line += "\r\n";
    co_await session.send(line);
    co_return ok("GETACL completed");
}

/// Each right can be given by itself (RFC 4314 §3.4).
net::Async<Reply> list_rights(Session& session, imap::AclIdentifier command) {
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    if (!subject_of(command.identifier)) co_return bad("Invalid identifier");
    const storage::Account& account = session.account();
    const Result<storage::Rights> mine =
        co_await session.disk([&] { return administers(account, *name, session.user()); });
    if (!mine) co_return no(mine.error());
    std::string line = "* LISTRIGHTS ";
    imap::append_mailbox(line, command.mailbox);
    line += ' ';
    imap::append_astring(line, command.identifier);
    line += " \"\"";
    for (const char letter : storage::Rights::all().letters()) line += std::string(" ") + letter;
    line += "\r\n";
    co_await session.send(line);
    co_return ok("LISTRIGHTS completed");
}

net::Async<Reply> my_rights(Session& session, imap::MailboxArgument command) {
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    const storage::Account& account = session.account();
    const Result<storage::Rights> rights =
        co_await session.disk([&] { return account.effective_rights(*name, {session.user()}); });
    if (!rights) co_return no(rights.error());
    std::string line;
    append_my_rights(line, command.mailbox, *rights);
    co_await session.send(line);
    co_return ok("MYRIGHTS completed");
}

}  // namespace posthouse::imapd
