// Places: own ones at once, those of others by their access control lists.
#include "imapd/place.h"

#include <algorithm>
#include <map>
#include <utility>

#include "imapd/flag_mapping.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "storage/mailbox.h"
#include "storage/namespaces.h"
#include "storage/shares.h"

namespace posthouse::imapd {
namespace {

using storage::Right;

std::unexpected<Error> fail_missing() { return fail(ErrorCode::not_found, "Mailbox doesn't exist"); }
std::unexpected<Error> fail_no_right() { return fail(ErrorCode::denied, "No right to do this with the mailbox"); }

/// Names that can be a mailbox of others.
bool may_be_foreign(const Session& session, const storage::MailboxName& name) {
    return storage::is_in_namespace(name, storage::namespaces_of(session.config().imapd));
}

/// The error of a name that no mailbox of that account has, or can have.
bool is_no_mailbox(const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid || error.code == ErrorCode::limit;
}

/// Another account has a mailbox of this name, whoever may see it. Blocks.
Result<bool> exists_elsewhere(const Session& session, const storage::MailboxName& shown) {
    for (const auto& [owner, name] :
         storage::meanings_of(shown, session.user(), session.config().imapd.shared_accounts)) {
        const auto account = session.services().store.open(owner, storage::IfMissing::fail);
        const Result<bool> exists = account ? (*account)->exists(name) : fail(account.error());
        if (!exists && !is_no_mailbox(exists.error())) return exists;
        if (exists.value_or(false)) return true;
    }
    return false;
}

Place own(const Session& session, const storage::MailboxName& name) { return {session.shared_account(), name, name}; }

/// INBOX first, then by name.
struct ListOrder {
    bool operator()(const storage::MailboxName& a, const storage::MailboxName& b) const {
        return std::pair(!a.is_inbox(), a) < std::pair(!b.is_inbox(), b);
    }
};
using Listed = std::map<storage::MailboxName, storage::ListedMailbox, ListOrder>;

storage::ListedMailbox& entry(Listed& listed, const storage::MailboxName& name) {
    storage::ListedMailbox& mailbox = listed[name];
    mailbox.name = name;
    return mailbox;
}

/// Adds the mailboxes of an account on which the user has these rights, under the names that it has behind `prefix`.
Result<> add_visible(Listed& listed, const Session& session, const storage::AccountName& owner,
                     const std::string& prefix, storage::Rights needed) {
    const auto account = session.services().store.open(owner, storage::IfMissing::fail);
    if (!account) return account.error().code == ErrorCode::not_found ? Result<>{} : fail(account.error());
    const auto visible = (*account)->visible_to({session.user()}, needed);
    if (!visible) return fail(visible.error());
    for (const storage::MailboxName& name : *visible) {
        const Result<storage::MailboxName> shown = storage::MailboxName::parse(prefix + name.text());
        if (!shown) continue;
        entry(listed, *shown).exists = true;
        for (auto parent = shown->parent(); parent; parent = parent->parent())
            entry(listed, *parent).has_children = true;
    }
    return {};
}

}  // namespace

storage::FlagScope Place::stored_flags() const {
    storage::FlagScope scope = may_change();
    if (!viewer.empty()) scope.system.clear(storage::Flag::seen);
    return scope;
}

Result<> mark_seen(const Place& place, storage::Mailbox& mailbox, const storage::UidSet& uids) {
    if (uids.empty() || !place.rights.has(Right::seen)) return {};
    const auto marked = mailbox.store_flags(uids, marks_seen(), std::nullopt, place.viewer);
    return marked ? Result<>{} : fail(marked.error());
}

Result<Place> place_of(const Session& session, const storage::MailboxName& shown) {
    if (!may_be_foreign(session, shown)) return own(session, shown);
    // The user's own mailbox of such a name isn't hidden by what came later.
    if (session.shared_account()->exists(shown).value_or(false)) return own(session, shown);
    const std::string viewer = session.config().imapd.private_seen ? session.user() : std::string();
    for (const auto& [owner, name] :
         storage::meanings_of(shown, session.user(), session.config().imapd.shared_accounts)) {
        Result<std::shared_ptr<storage::Account>> account =
            session.services().store.open(owner, storage::IfMissing::fail);
        if (!account && account.error().code == ErrorCode::not_found) continue;
        if (!account) return fail(account.error());
        const Result<storage::Rights> rights = (*account)->effective_rights(name, {session.user()});
        if (rights && rights->has(Right::lookup)) return Place{std::move(*account), name, shown, *rights, true, viewer};
        if (!rights && !is_no_mailbox(rights.error())) return fail(rights.error());
    }
    return fail_missing();
}

net::Async<Result<Place>> find_place(Session& session, std::string_view wire) {
    const Result<storage::MailboxName> name = mailbox_of(session, wire);
    if (!name) co_return fail(name.error());
    if (!may_be_foreign(session, *name)) co_return own(session, *name);
    co_return co_await session.disk([&] { return place_of(session, *name); });
}

net::Async<Result<Place>> find_place(Session& session, std::string_view wire, Right needed) {
    Result<Place> place = co_await find_place(session, wire);
    if (place && !place->rights.has(needed)) co_return fail_no_right();
    co_return place;
}

net::Async<Result<Place>> find_new_place(Session& session, std::string_view wire) {
    const Result<storage::MailboxName> name = mailbox_of(session, without_last_separator(wire));
    if (!name) co_return fail(name.error());
    if (const Result<> valid = may_be_given(session.enabled(), *name); !valid) co_return fail(valid.error());
    if (!may_be_foreign(session, *name)) co_return own(session, *name);
    co_return co_await session.disk([&]() -> Result<Place> {
        for (auto above = name->parent(); above; above = above->parent()) {
            Result<Place> parent = place_of(session, *above);
            if (!parent && parent.error().code == ErrorCode::not_found) {
                const Result<bool> is_hidden = exists_elsewhere(session, *above);
                if (!is_hidden) return fail(is_hidden.error());
                // The nearest mailbox above is this one, and it gives no right.
                if (*is_hidden) return fail_no_right();
                continue;
            }
            if (!parent) return parent;
            if (!parent->rights.has(Right::create)) return fail_no_right();
            const Result<storage::MailboxName> inner = name->moved(parent->shown, parent->name);
            if (!inner) return fail(inner.error());
            return Place{parent->account, *inner, *name, parent->rights, parent->is_foreign, parent->viewer};
        }
        return fail_no_right();
    });
}

Result<std::vector<storage::ListedMailbox>> list_own(const Session& session) {
    return session.shared_account()->list();
}

Result<std::vector<storage::ListedMailbox>> list_all(const Session& session, storage::Rights needed) {
    Result<std::vector<storage::ListedMailbox>> mine = list_own(session);
    if (!mine || !session.config().imapd.shared_namespaces) return mine;
    Listed listed;
    for (storage::ListedMailbox& mailbox : *mine) {
        const storage::MailboxName name = mailbox.name;
        listed.emplace(name, std::move(mailbox));
    }
    const Result<storage::AccountName> user = storage::AccountName::parse(session.user());
    if (!user) return fail(user.error());
    std::vector<storage::AccountName> shared;
    for (const std::string& address : session.config().imapd.shared_accounts)
        if (Result<storage::AccountName> owner = storage::AccountName::parse(address); owner && *owner != *user)
            shared.push_back(std::move(*owner));
    for (const storage::AccountName& owner : shared)
        if (Result<> added = add_visible(listed, session, owner, storage::prefix_of_shared(), needed); !added)
            return fail(added.error());
    const auto owners = storage::Shares(session.services().store.settings().mail_root).with(*user);
    if (!owners) return fail(owners.error());
    for (const storage::AccountName& owner : *owners) {
        if (std::ranges::find(shared, owner) != shared.end()) continue;
        if (Result<> added = add_visible(listed, session, owner, storage::prefix_of_user(owner), needed); !added)
            return fail(added.error());
    }
    std::vector<storage::ListedMailbox> all;
    all.reserve(listed.size());
    for (auto& [name, mailbox] : listed) all.push_back(std::move(mailbox));
    return all;
}

net::Async<Result<storage::AccountQuota>> quota_of(Session& session, const Place& place) {
    if (!place.is_foreign) co_return session.quota();
    if (!session.config().quota.enabled) co_return storage::AccountQuota();
    const net::Deadline deadline = net::Deadline::in(session.config().auth.request_timeout);
    const storage::AccountName owner = place.account->name();
    const Result<auth::UserInfo> user = co_await session.services().users.find(owner.text(), deadline);
    if (!user && user.error().code == ErrorCode::not_found) co_return fail_missing();
    if (!user) co_return fail(user.error());
    co_return session.services().quota.of(owner, user->fields);
}

net::Async<storage::AccountQuota> quota_for_removal(Session& session, const Place& place) {
    const Result<storage::AccountQuota> quota = co_await quota_of(session, place);
    co_return quota ? *quota : storage::AccountQuota();
}

}  // namespace posthouse::imapd
