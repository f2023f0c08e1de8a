// Account: the access control lists of its mailboxes.
#include <fcntl.h>

#include <algorithm>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/access_file.h"
#include "storage/account.h"
#include "storage/account_tree.h"
#include "storage/found_folders.h"
#include "storage/message_annotation_file.h"
#include "storage/seen_file.h"
#include "storage/shares.h"
#include "storage/store_state.h"

namespace posthouse::storage {
namespace {

bool gives_rights(const AccessEntry& entry) { return !entry.negative && !entry.rights.empty(); }

/// What a reader has seen and noted is of no use when their rights have ended. Whose rights ended with "anyone" or a
/// group isn't known here: their files stay with the mailbox.
Result<> remove_files_of(const std::string& reader, const Folder& folder, std::chrono::milliseconds lock_wait) {
    const Result<FileLock> lock = FileLock::take(folder.cur(), lock_wait);
    if (!lock) return fail(lock.error());
    if (Result<> removed = SeenFile::remove(folder, reader); !removed) return removed;
    return MessageAnnotationFile::remove(folder, reader);
}

bool gives_rights(const AccessList& list, const Identifier& who) {
    return std::ranges::any_of(list.entries(),
                               [&](const AccessEntry& entry) { return entry.who == who && gives_rights(entry); });
}

}  // namespace

Result<AccessList> Account::acl(const MailboxName& name) const {
    const Result<UniqueFd> folder = open_folder(name);
    if (!folder) return fail(folder.error());
    return read_access_list(folder->get());
}

Result<> Account::set_acl(const MailboxName& name, const Identifier& who, bool negative, const AccessChange& change) {
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    // Told as a missing mailbox, not as a missing folder.
    if (const Result<UniqueFd> there = open_folder(name); !there) return fail(there.error());
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    const Result<Folder> folder = Folder::open(root_, *place, MissingParts::make);
    if (!folder) return fail(folder.error());
    const Shares shares(store_->settings().mail_root);
    bool is_given = false;
    bool has_lost_all = false;
    Result<> changed = change_access_list(
        *folder, store_->locks(), store_->settings().lock_wait, [&](AccessList& list) -> Result<bool> {
            Result<bool> done = list.change(who, negative, change);
            is_given = gives_rights(list, who);
            has_lost_all = who.kind == Identifier::Kind::user && list.effective({who.name}, false).empty();
            // First: an entry that is missing would hide the mailbox.
            if (done && *done && is_given)
                if (Result<> noted = shares.add(name_, who); !noted) return fail(noted.error());
            return done;
        });
    if (changed && has_lost_all)
        if (Result<> removed = remove_files_of(who.name, *folder, store_->settings().lock_wait); !removed)
            log::warning("what a former reader has seen or noted stays",
                         {{"folder", path_of(folder->root())}, {"error", removed.error().message()}});
    if (!changed || is_given || negative) return changed;
    const Result<bool> elsewhere = shares_with(lock->root(), who);
    Result<> forgotten = !elsewhere ? fail(elsewhere.error()) : *elsewhere ? Result<>{} : shares.remove(name_, who);
    if (!forgotten)
        log::warning("the registry of shares has an entry too many",
                     {{"folder", root_}, {"error", forgotten.error().message()}});
    return changed;
}

Result<bool> Account::shares_with(int root, const Identifier& who) const {
    // anyone and authenticated have one place in the registry.
    const bool is_anyone = who.kind == Identifier::Kind::anyone || who.kind == Identifier::Kind::authenticated;
    Result<bool> found = false;
    Result<> looked = each_access_list(root, [&](const MailboxName&, const AccessList& list) {
        found = *found || gives_rights(list, who) ||
                (is_anyone && (gives_rights(list, {Identifier::Kind::anyone, {}}) ||
                               gives_rights(list, {Identifier::Kind::authenticated, {}})));
    });
    return looked ? found : fail(looked.error());
}

Result<> Account::each_access_list(int root,
                                   const std::function<void(const MailboxName&, const AccessList&)>& visit) const {
    Result<std::vector<FoundFolder>> folders = find_folders(root, layout());
    if (!folders) return fail(folders.error());
    std::vector<MailboxName> names{MailboxName()};
    for (FoundFolder& folder : *folders)
        if (folder.is_mailbox) names.push_back(std::move(folder.name));
    for (const MailboxName& name : names) {
        const Result<AccessList> list = acl(name);
        // Gone meanwhile; or not to be read, and then nobody's but its owner's, who is told when it is opened.
        const bool passed_over =
            !list && (list.error().code == ErrorCode::not_found || list.error().code == ErrorCode::denied);
        if (passed_over) continue;
        if (!list) return fail(list.error());
        visit(name, *list);
    }
    return {};
}

Result<std::vector<MailboxName>> Account::visible_to(const Viewer& viewer, Rights needed) const {
    const Result<UniqueFd> root = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    std::vector<MailboxName> visible;
    Result<> looked = each_access_list(root->get(), [&](const MailboxName& name, const AccessList& list) {
        if ((needed - list.effective(viewer, false)).empty()) visible.push_back(name);
    });
    if (!looked) return fail(looked.error());
    return visible;
}

Result<> Account::note_shares() const {
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    const Shares shares(store_->settings().mail_root);
    Result<> noted;
    Result<> looked = each_access_list(lock->root(), [&](const MailboxName&, const AccessList& list) {
        for (const AccessEntry& entry : list.entries())
            if (noted && gives_rights(entry)) noted = shares.add(name_, entry.who);
    });
    return looked ? noted : looked;
}

Result<Rights> Account::effective_rights(const MailboxName& name, const Viewer& viewer) const {
    const Result<AccessList> list = acl(name);
    if (!list) return fail(list.error());
    return viewer.user == name_.text() ? kept_by_owner : list->effective(viewer, false);
}

}  // namespace posthouse::storage
