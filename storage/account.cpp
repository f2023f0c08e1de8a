// Account: what LIST shows, and the commands that change the tree, each under the account's lock.
#include "storage/account.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/access_file.h"
#include "storage/account_log.h"
#include "storage/account_tree.h"
#include "storage/annotation_file.h"
#include "storage/found_folders.h"
#include "storage/mailbox.h"
#include "storage/mailbox_state.h"
#include "storage/special_use.h"
#include "storage/subscriptions.h"

namespace posthouse::storage {
namespace {

/// INBOX first, then by name.
struct ListOrder {
    bool operator()(const MailboxName& a, const MailboxName& b) const {
        return std::pair(!a.is_inbox(), a) < std::pair(!b.is_inbox(), b);
    }
};

}  // namespace

Account::Account(std::shared_ptr<StoreState> store, AccountName name, std::string root)
    : store_(std::move(store)), name_(std::move(name)), root_(std::move(root)) {}

const Layout& Account::layout() const { return store_->settings().layout; }

Result<std::shared_ptr<MailboxState>> Account::state(const MailboxName& name) const {
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    return StoreState::mailbox(store_, root_, *place);
}

Result<> Account::noted(Result<> changed, int root) const {
    if (!changed) return changed;
    if (Result<> caught_up = AccountLog(store_, root_).catch_up(root); !caught_up)
        log::warning("the account's log is behind", {{"folder", root_}, {"error", caught_up.error().message()}});
    return changed;
}

Result<AccountChanges> Account::changes_since(ModSeq since) const {
    return AccountLog(store_, root_).changes_since(since);
}

Result<std::vector<ListedMailbox>> Account::list() const {
    const Result<UniqueFd> root = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    const Result<std::vector<FoundFolder>> folders = find_folders(root->get(), layout());
    if (!folders) return fail(folders.error());
    const Result<Subscriptions> subscriptions = read_subscriptions(root->get(), layout());
    if (!subscriptions) return fail(subscriptions.error());
    std::map<MailboxName, ListedMailbox, ListOrder> listed;
    const auto entry = [&](const MailboxName& name) -> ListedMailbox& {
        ListedMailbox& mailbox = listed[name];
        mailbox.name = name;
        return mailbox;
    };
    entry(MailboxName()).exists = true;
    for (const auto& [name, is_mailbox] : *folders) {
        ListedMailbox& mailbox = entry(name);
        mailbox.exists = is_mailbox;
        mailbox.is_parent = !is_mailbox;
        if (!is_mailbox) continue;
        for (auto parent = name.parent(); parent; parent = parent->parent()) entry(*parent).has_children = true;
    }
    for (const MailboxName& name : subscriptions->names()) entry(name).subscribed = true;
    std::vector<ListedMailbox> result;
    result.reserve(listed.size());
    for (auto& [name, mailbox] : listed) result.push_back(std::move(mailbox));
    if (Result<> shown = show_special_uses(root->get(), result); !shown) return fail(shown.error());
    const auto mailboxes = std::ranges::count(*folders, true, &FoundFolder::is_mailbox) + 1;
    AccountLog(store_, root_).catch_up_if_obvious(root->get(), static_cast<std::size_t>(mailboxes));
    return result;
}

Result<bool> Account::exists(const MailboxName& name) const {
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    const Result<UniqueFd> root = open_file(root_, O_PATH | O_DIRECTORY);
    if (!root) return root.error().code == ErrorCode::not_found ? Result<bool>(false) : fail(root.error());
    const std::string there = place->empty() ? "." : layout().needs_cur(name) ? *place + "/cur" : *place;
    const Result<struct stat> st = stat_in(root->get(), there);
    if (st) return S_ISDIR(st->st_mode);
    return st.error().code == ErrorCode::not_found ? Result<bool>(false) : fail(st.error());
}

Result<UniqueFd> Account::open_folder(const MailboxName& name) const {
    const Result<bool> there = exists(name);
    if (!there) return fail(there.error());
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    if (!*there) return fail(ErrorCode::not_found, "Mailbox doesn't exist", *place);
    const Result<UniqueFd> root = open_file(root_, O_PATH | O_DIRECTORY);
    if (!root) return fail(root.error());
    return open_in(root->get(), place->empty() ? "." : *place, O_RDONLY | O_DIRECTORY);
}

Result<> Account::create(const MailboxName& name, const CreateOptions& options) {
    if (name.is_inbox()) return fail(ErrorCode::exists, "Mailbox exists already");
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    const Result<std::string> special_use = parse_special_use(options.special_use);
    if (!special_use) return fail(special_use.error());
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    if (Result<> free = is_free(lock->root(), *special_use, name); !free) return free;
    Result<> made = make_mailbox(lock->root(), layout(), *place, [&](int folder) -> Result<> {
        if (!special_use->empty())
            if (Result<> kept = change_annotation(folder, mailbox_annotations, special_use_entry(), {}, *special_use);
                !kept)
                return kept;
        for (auto parent = name.parent(); parent; parent = parent->parent()) {
            const Result<UniqueFd> from = open_folder(*parent);
            if (from) return copy_access_list(from->get(), folder);
            if (from.error().code != ErrorCode::not_found) return fail(from.error());
        }
        return {};
    });
    return noted(std::move(made), lock->root());
}

Result<> Account::remove(const MailboxName& name) {
    if (name.is_inbox()) return fail(ErrorCode::denied, "INBOX can't be deleted");
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    const Result<std::string> place = layout().folder(name);
    if (!place) return fail(place.error());
    const Result<std::shared_ptr<MailboxState>> mailbox = state(name);
    if (!mailbox && mailbox.error().code == ErrorCode::not_found) return remove_parent(lock->root(), *place);
    if (!mailbox) return fail(mailbox.error());
    return noted((*mailbox)->destroy(lock->root(), *place), lock->root());
}

Result<> Account::remove_parent(int root, const std::string& place) const {
    const std::unexpected<Error> missing = fail(ErrorCode::not_found, "Mailbox doesn't exist", place);
    if (!layout().is_nested() || !is_folder_in(root, place)) return missing;
    const Result<std::vector<std::string>> children = child_folders(root, place);
    if (!children && children.error().code == ErrorCode::not_found) return missing;
    if (!children) return fail(children.error());
    if (!children->empty()) return missing;
    const Result<bool> has_mail = holds_new_mail(root, place);
    if (!has_mail) return fail(has_mail.error());
    if (*has_mail) return missing;
    const std::string trash = new_trash();
    if (Result<> moved = move_folders(root, {{place, trash}}); !moved) return moved;
    empty_trash(root, trash);
    return {};
}

Result<> Account::rename(const MailboxName& from, const MailboxName& to) {
    if (from == to || to.is_inbox()) return fail(ErrorCode::exists, "Mailbox exists already");
    if (from.is_inbox()) {
        if (Result<> created = create(to); !created) return created;
        const Result<std::shared_ptr<Mailbox>> inbox = open(from);
        if (!inbox) return fail(inbox.error());
        const Result<std::shared_ptr<Mailbox>> target = open(to);
        if (!target) return fail(target.error());
        const Result<Copied> moved = (*inbox)->move(UidSet::all(), **target);
        return moved ? Result<>{} : fail(moved.error());
    }
    if (to.is_below(from)) return fail(ErrorCode::invalid, "Mailbox can't be moved below itself");
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    if (Result<> finished = finish_moves(lock->root()); !finished) return finished;
    const Result<std::vector<FoundFolder>> folders = find_folders(lock->root(), layout());
    if (!folders) return fail(folders.error());
    const Result<FolderMoves> moves = moves_of_rename(*folders, from, to);
    if (!moves) return fail(moves.error());
    for (const auto& [name, is_mailbox] : *folders)
        if (is_mailbox && (name == from || name.is_below(from)))
            if (Result<> kept = keep_special_use(lock->root(), name, *name.moved(from, to)); !kept) return kept;
    return noted(move_folders(lock->root(), *moves), lock->root());
}

Result<FolderMoves> Account::moves_of_rename(const std::vector<FoundFolder>& folders, const MailboxName& from,
                                             const MailboxName& to) const {
    const auto is_taken = [&](const MailboxName& name) {
        return std::ranges::find(folders, name, &FoundFolder::name) != folders.end();
    };
    FolderMoves moves;
    for (const auto& [name, is_mailbox] : folders) {
        if (name != from && !name.is_below(from)) continue;
        const Result<MailboxName> moved = name.moved(from, to);
        if (!moved) return fail(moved.error());
        if (is_taken(*moved)) return fail(ErrorCode::exists, "Mailbox exists already");
        Result<std::string> old_place = layout().folder(name);
        Result<std::string> new_place = layout().folder(*moved);
        if (!old_place) return fail(old_place.error());
        if (!new_place) return fail(new_place.error());
        // All that is below goes with the folder.
        if (!layout().is_nested() || name == from) moves.emplace_back(std::move(*old_place), std::move(*new_place));
    }
    if (moves.empty()) return fail(ErrorCode::not_found, "Mailbox doesn't exist");
    if (is_taken(to)) return fail(ErrorCode::exists, "Mailbox exists already");
    return moves;
}

Result<> Account::subscribe(const MailboxName& name) {
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    Result<Subscriptions> subscriptions = read_subscriptions(lock->root(), layout());
    if (!subscriptions) return fail(subscriptions.error());
    const Result<bool> changed = subscriptions->add(name);
    if (!changed) return fail(changed.error());
    return *changed ? noted(write_subscriptions(lock->root(), *subscriptions), lock->root()) : Result<>{};
}

Result<> Account::unsubscribe(const MailboxName& name) {
    const Result<AccountLock> lock = AccountLock::take(root_, store_->settings());
    if (!lock) return fail(lock.error());
    Result<Subscriptions> subscriptions = read_subscriptions(lock->root(), layout());
    if (!subscriptions) return fail(subscriptions.error());
    const Result<bool> changed = subscriptions->remove(name);
    if (!changed) return fail(changed.error());
    return *changed ? noted(write_subscriptions(lock->root(), *subscriptions), lock->root()) : Result<>{};
}

/// Once more when what is remembered turns out to be another mailbox, which lay there before.
template <typename Call>
auto Account::with_state(const MailboxName& name, Call call) const
    -> decltype(call(std::declval<const std::shared_ptr<MailboxState>&>())) {
    for (bool is_first = true;; is_first = false) {
        const Result<std::shared_ptr<MailboxState>> mailbox = state(name);
        if (!mailbox) return fail(mailbox.error());
        auto result = call(*mailbox);
        if (result || result.error().code != ErrorCode::not_found || !is_first) return result;
    }
}

Result<std::shared_ptr<Mailbox>> Account::open_to_add(const MailboxName& name) const {
    return with_state(name, [](const std::shared_ptr<MailboxState>& mailbox) -> Result<std::shared_ptr<Mailbox>> {
        return std::make_shared<Mailbox>(mailbox);
    });
}

Result<std::shared_ptr<Mailbox>> Account::open(const MailboxName& name) const {
    return with_state(name, [](const std::shared_ptr<MailboxState>& mailbox) -> Result<std::shared_ptr<Mailbox>> {
        if (const Result<Snapshot> now = mailbox->look(); !now) return fail(now.error());
        return std::make_shared<Mailbox>(mailbox);
    });
}

Result<Status> Account::status(const MailboxName& name) const {
    return with_state(name, [](const std::shared_ptr<MailboxState>& mailbox) { return mailbox->status(); });
}

}  // namespace posthouse::storage
