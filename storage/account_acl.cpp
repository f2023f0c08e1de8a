// Account: the access control lists of its mailboxes.
#include "storage/access_file.h"
#include "storage/account.h"
#include "storage/account_tree.h"
#include "storage/store_state.h"

namespace posthouse::storage {

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
    return change_access_list(*folder, store_->locks(), store_->settings().lock_wait,
                              [&](AccessList& list) { return list.change(who, negative, change); });
}

Result<Rights> Account::effective_rights(const MailboxName& name, const Viewer& viewer) const {
    const Result<AccessList> list = acl(name);
    if (!list) return fail(list.error());
    return list->effective(viewer, viewer.user == name_.text());
}

}  // namespace posthouse::storage
