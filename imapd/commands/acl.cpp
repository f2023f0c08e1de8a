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
#include "storage/namespaces.h"

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

/// The entry is the owner's.
bool is_of_owner(const Identifier& who, const std::string& owner) {
    return who.kind == Identifier::Kind::owner || (who.kind == Identifier::Kind::user && who.name == owner);
}

/// The owner's rights, where the list itself doesn't tell them.
bool tells_owner(const storage::AccessList& list, const std::string& owner) {
    return std::ranges::any_of(list.entries(), [&](const storage::AccessEntry& entry) {
        return !entry.negative && is_of_owner(entry.who, owner);
    });
}

/// Each user is one of those whom the identifier means.
bool is_everybody(const Identifier& who) {
    return who.kind == Identifier::Kind::anyone || who.kind == Identifier::Kind::authenticated;
}

/// Rights on a mailbox may be given to `subject`. Whatever is given to everybody is shown in the list of each user, so
/// that it is for the accounts that belong to everybody; for others the administrator gives it (`posthouse acl`).
bool may_be_given(const Session& session, const Place& place, const Subject& subject) {
    return subject.negative || !is_everybody(subject.who) ||
           storage::is_shared(place.account->name(), session.config().imapd.shared_accounts);
}

bool gives(const AccessChange& wanted) {
    using Action = AccessChange::Action;
    return (wanted.action == Action::replace || wanted.action == Action::add) && !wanted.rights.empty();
}

/// The mailbox, and the user's right to its list, which this file's commands need but MYRIGHTS (RFC 4314 §4).
net::Async<Result<Place>> find_administered(Session& session, std::string_view wire) {
    return find_place(session, wire, storage::Right::administer);
}

net::Async<Reply> change(Session& session, const std::string& mailbox, const std::string& identifier,
                         const AccessChange& wanted, std::string_view done) {
    const Result<Place> place = co_await find_administered(session, mailbox);
    if (!place) co_return no(place.error());
    const Result<Subject> subject = subject_of(identifier);
    if (!subject) co_return bad("Invalid identifier");
    const bool is_refused = gives(wanted) && !may_be_given(session, *place, *subject);
    const Result<> changed = co_await session.disk([&]() -> Result<> {
        if (is_refused) {
            const Result<storage::AccessList> there = place->account->acl(place->name);
            if (!there) return fail(there.error());
            return fail(ErrorCode::denied, "Only the administrator gives everybody rights on this mailbox");
        }
        return place->account->set_acl(place->name, subject->who, subject->negative, wanted);
    });
    if (!changed) co_return no(changed.error());
    log_mailbox(session, "access changed", place->shown, identifier);
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
    const Result<Place> place = co_await find_administered(session, command.mailbox);
    if (!place) co_return no(place.error());
    const std::string owner = place->account->name().text();
    storage::Rights owners;
    const Result<storage::AccessList> list = co_await session.disk([&]() -> Result<storage::AccessList> {
        const Result<storage::Rights> rights = place->account->effective_rights(place->name, {owner});
        if (!rights) return fail(rights.error());
        owners = *rights;
        return place->account->acl(place->name);
    });
    if (!list) co_return no(list.error());
    std::string line = "* ACL ";
    imap::append_mailbox(line, command.mailbox);
    const auto add = [&](const std::string& identifier, storage::Rights rights) {
        line += ' ';
        imap::append_astring(line, identifier);
        line += " " + wire_rights(rights);
    };
    if (!tells_owner(*list, owner)) add(owner, owners);
    for (const storage::AccessEntry& entry : list->entries()) {
        const bool keeps = !entry.negative && is_of_owner(entry.who, owner);
        add(wire_identifier(entry), keeps ? storage::Account::kept_by_owner : entry.rights);
    }
    line += "\r\n";
    co_await session.send(line);
    co_return ok("GETACL completed");
}

/// Each right can be given by itself, or none, and the owner always has all (RFC 4314 §3.4).
net::Async<Reply> list_rights(Session& session, imap::AclIdentifier command) {
    const Result<Place> place = co_await find_administered(session, command.mailbox);
    if (!place) co_return no(place.error());
    const Result<Subject> subject = subject_of(command.identifier);
    if (!subject) co_return bad("Invalid identifier");
    const Result<bool> exists = co_await session.disk([&] { return place->account->exists(place->name); });
    if (!exists) co_return no(exists.error());
    if (!*exists) co_return no(Error{ErrorCode::not_found, "Mailbox doesn't exist", {}});
    const bool keeps = !subject->negative && is_of_owner(subject->who, place->account->name().text());
    const storage::Rights kept = keeps ? storage::Account::kept_by_owner : storage::Rights();
    std::string line = "* LISTRIGHTS ";
    imap::append_mailbox(line, command.mailbox);
    line += ' ';
    imap::append_astring(line, command.identifier);
    line += " " + (keeps ? kept.letters() : std::string("\"\""));
    const storage::Rights optional =
        may_be_given(session, *place, *subject) ? storage::Rights::all() - kept : storage::Rights();
    for (const char letter : optional.letters()) line += std::string(" ") + letter;
    line += "\r\n";
    co_await session.send(line);
    co_return ok("LISTRIGHTS completed");
}

net::Async<Reply> my_rights(Session& session, imap::MailboxArgument command) {
    const Result<Place> place = co_await find_place(session, command.mailbox);
    if (!place) co_return no(place.error());
    const Result<storage::Rights> rights =
        co_await session.disk([&] { return place->account->effective_rights(place->name, {session.user()}); });
    if (!rights) co_return no(rights.error());
    std::string line;
    append_my_rights(line, command.mailbox, *rights);
    co_await session.send(line);
    co_return ok("MYRIGHTS completed");
}

}  // namespace posthouse::imapd
