// Store: names of accounts, and making, opening and removing their trees.
#include "storage/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/account.h"
#include "storage/account_tree.h"
#include "storage/default_folders.h"
#include "storage/moved.h"
#include "storage/shares.h"
#include "storage/store_state.h"
#include "storage/trees.h"

namespace posthouse::storage {
namespace {

/// Begins the names of removed accounts: no account's name can hold it.
constexpr char trash_mark = '\n';

/// Removes what is left of removed accounts, also of those whose removal was cut off.
Result<> remove_trash(const std::string& domain) {
    const Result<UniqueFd> folder = open_file(domain, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    const Result<std::vector<std::string>> names = names_in(folder->get());
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
        if (name.front() != trash_mark) continue;
        if (Result<> removed = remove_tree_in(folder->get(), name); !removed) return removed;
    }
    return {};
}

bool is_safe_part(std::string_view part) {
    constexpr std::size_t max_bytes = 255;
    return !part.empty() && part.size() <= max_bytes && part != "." && part != ".." &&
           std::ranges::none_of(part, [](char c) { return c == '/' || ascii::is_control(c); });
}

/// Below mail_root and index_root.
std::string place_of(const AccountName& name) { return "/" + name.domain() + "/" + name.local_part(); }

}  // namespace

std::vector<DefaultFolder> usual_folders() { return default_folders_from(config::Config()); }

AccountName::AccountName(std::string local_part, std::string domain)
    : local_part_(std::move(local_part)), domain_(std::move(domain)) {}

Result<AccountName> AccountName::make(std::string_view local_part, std::string_view domain) {
    if (!is_safe_part(local_part) || !is_safe_part(domain))
        return fail(ErrorCode::invalid, "Address can't be a mailbox's");
    return AccountName(std::string(local_part), ascii::lower(domain));
}

Result<AccountName> AccountName::parse(std::string_view address) {
    const auto at = address.rfind('@');
    if (at == std::string_view::npos) return fail(ErrorCode::invalid, "Address has no domain");
    return make(address.substr(0, at), address.substr(at + 1));
}

Store::Store(Settings settings) : state_(std::make_shared<StoreState>(std::move(settings))) {}

Store::~Store() { state_->close(); }

const Settings& Store::settings() const { return state_->settings(); }

Watcher& Store::watcher() { return state_->watcher(); }

Result<std::shared_ptr<Account>> Store::open(const AccountName& name, IfMissing missing) {
    std::string root = state_->root_of(name);
    const Result<bool> there = is_account(root);
    if (!there) return fail(there.error());
    if (!*there && missing == IfMissing::fail) return fail(ErrorCode::not_found, "Mailbox doesn't exist", root);
    if (!*there)
        if (Result<> made = make_account(root, state_->settings()); !made) return fail(made.error());
    if (Result<> finished = finish_moves(root, state_->settings()); !finished) return fail(finished.error());
    return std::make_shared<Account>(state_, name, std::move(root));
}

Result<> Store::remove(const AccountName& name) {
    const std::string root = state_->root_of(name);
    // Out of sight in one step, then removed.
    const std::string trash = state_->settings().mail_root + "/" + name.domain() + "/" + trash_mark + random_hex(8);
    if (::rename(root.c_str(), trash.c_str()) != 0) {
        if (errno == ENOENT) return fail(ErrorCode::not_found, "User has no mail", root);
        return fail_errno("rename " + root, errno);
    }
    const std::string domain = state_->settings().mail_root + "/" + name.domain();
    if (Result<> synced = sync_folder(domain); !synced) return synced;
    if (Result<> removed = Index::remove(state_->index_place(root)); !removed) return removed;
    return remove_trash(domain);
}

/// The index goes along, as a cache may: with the modseqs that clients know, and without reading all mail again. What
/// can't move is made anew.
void Store::move_index(const std::string& from, const std::string& to) const {
    const std::string& root = state_->settings().index_root;
    const std::string old_place = root + from;
    const std::string new_place = root + to;
    const bool is_clear = remove_tree(new_place).has_value();
    const bool moved = is_clear && make_folders(new_place.substr(0, new_place.rfind('/')), 0700) &&
                       ::rename(old_place.c_str(), new_place.c_str()) == 0;
    if (!moved && !remove_tree(old_place))
        log::warning("index of an account that moved can't be removed", {{"index", old_place}});
}

Result<bool> Store::rename(const AccountName& from, const AccountName& to) {
    const Result<bool> moved = move_away(state_->root_of(from), state_->root_of(to), to.text());
    if (!moved) return moved;
    move_index(place_of(from), place_of(to));
    if (Result<> noted = Shares(settings().mail_root).owner_renamed(from, to); !noted) return fail(noted.error());
    return moved;
}

Result<bool> Store::rename_domain(const std::string& from, const std::string& to) {
    const std::string& mail_root = state_->settings().mail_root;
    const Result<bool> moved = move_away(mail_root + "/" + from, mail_root + "/" + to, to);
    if (!moved) return moved;
    move_index("/" + from, "/" + to);
    if (Result<> noted = Shares(mail_root).domain_renamed(from, to); !noted) return fail(noted.error());
    return moved;
}

}  // namespace posthouse::storage
