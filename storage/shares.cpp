// The registry of shares: folders for users, empty files for the accounts that share with them.
#include "storage/shares.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

/// Upper case, as no domain's folder is.
constexpr std::string_view registry_name = "/SHARES";
constexpr std::string_view of_anyone = "/anyone";
constexpr std::string_view of_users = "/user";

/// What lies in a folder; nothing where there is none, or where it is removed meanwhile.
Result<std::vector<std::string>> names_at(const std::string& path) {
    const Result<UniqueFd> folder = open_file(path, O_RDONLY | O_DIRECTORY);
    if (!folder && folder.error().code == ErrorCode::not_found) return std::vector<std::string>();
    if (!folder) return fail(folder.error());
    Result<std::vector<std::string>> names = names_in(folder->get());
    if (!names && names.error().code == ErrorCode::not_found) return std::vector<std::string>();
    return names;
}

/// Adds the accounts whose files lie in a folder of the registry.
Result<> add_owners(const std::string& folder, std::vector<AccountName>& owners) {
    const Result<std::vector<std::string>> domains = names_at(folder);
    if (!domains) return fail(domains.error());
    for (const std::string& domain : *domains) {
        const Result<std::vector<std::string>> names = names_at(folder + "/" + domain);
        if (!names) return fail(names.error());
        for (const std::string& name : *names)
            if (Result<AccountName> owner = AccountName::make(name, domain); owner && owner->domain() == domain)
                owners.push_back(std::move(*owner));
    }
    return {};
}

/// Others may remove a folder that is empty before something is put into it; so often it is made again.
constexpr int folder_tries = 100;

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// Makes the folder that `path` is to lie in and calls put(), which puts it there and gives an errno, until the folder
/// is there for it. Durable.
template <typename Put>
Result<> put_into_folder(const std::string& path, Put put) {
    const std::string folder = parent_of(path);
    for (int left = folder_tries;; --left) {
        const Result<> made = make_folders(folder);
        if (!made && (made.error().code != ErrorCode::not_found || left == 0)) return made;
        if (!made) continue;
        const int error = put();
        if (error == 0) return sync_folder(folder);
        if (error != ENOENT || left == 0) return fail_errno("make " + path, error);
    }
}

/// Removes a folder and those that it lies in up to `root`, as far as they are empty; durable.
Result<> remove_empty(std::string folder, const std::string& root) {
    for (; folder != root; folder = parent_of(folder))
        if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) break;
    Result<> synced = sync_folder(folder);
    // Another removes what has become empty beside this.
    return synced || synced.error().code == ErrorCode::not_found ? Result<>{} : synced;
}

/// A file of the registry gets another name; one that was there under it already stays.
Result<> move_entry(const std::string& from, const std::string& to, const std::string& root) {
    struct stat st{};
    if (::lstat(from.c_str(), &st) != 0) return errno == ENOENT ? Result<>{} : fail_errno("stat " + from, errno);
    Result<> moved = put_into_folder(to, [&] { return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno; });
    return moved ? remove_empty(parent_of(from), root) : moved;
}

}  // namespace

Shares::Shares(std::string_view mail_root) : root_(std::string(mail_root) + std::string(registry_name)) {}

std::string Shares::folder_of(const Identifier& who) const {
    using Kind = Identifier::Kind;
    // Nobody has mail here without having logged in.
    if (who.kind == Kind::anyone || who.kind == Kind::authenticated) return root_ + std::string(of_anyone);
    if (who.kind != Kind::user) return {};
    const Result<AccountName> user = AccountName::parse(who.name);
    if (!user) return {};
    return root_ + std::string(of_users) + "/" + user->domain() + "/" + user->local_part();
}

Result<> Shares::add(const AccountName& owner, const Identifier& who) const {
    const std::string folder = folder_of(who);
    if (folder.empty()) return {};
    const std::string file = folder + "/" + owner.domain() + "/" + owner.local_part();
    if (::access(file.c_str(), F_OK) == 0) return {};
    return put_into_folder(file, [&] {
        const UniqueFd made(::open(file.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
        return made.get() >= 0 ? 0 : errno;
    });
}

Result<> Shares::remove(const AccountName& owner, const Identifier& who) const {
    const std::string folder = folder_of(who);
    if (folder.empty()) return {};
    const std::string place = folder + "/" + owner.domain();
    if (::unlink((place + "/" + owner.local_part()).c_str()) != 0)
        return errno == ENOENT || errno == ENOTDIR ? Result<>{} : fail_errno("unlink in " + place, errno);
    return remove_empty(place, root_);
}

Result<std::vector<AccountName>> Shares::with(const AccountName& user) const {
    std::vector<AccountName> owners;
    if (Result<> added = add_owners(root_ + std::string(of_anyone), owners); !added) return fail(added.error());
    const std::string folder = folder_of({Identifier::Kind::user, user.text()});
    if (Result<> added = add_owners(folder, owners); !added) return fail(added.error());
    const auto order = [](const AccountName& a, const AccountName& b) {
        return std::tie(a.domain(), a.local_part()) < std::tie(b.domain(), b.local_part());
    };
    std::ranges::sort(owners, order);
    owners.erase(std::ranges::unique(owners).begin(), owners.end());
    std::erase(owners, user);
    if (owners.size() > max_owners) {
        log::warning("too many accounts share with a user: not all are shown",
                     {{"user", user.text()}, {"accounts", owners.size()}});
        owners.erase(owners.begin() + max_owners, owners.end());
    }
    return owners;
}

Result<std::vector<std::string>> Shares::folders() const {
    std::vector<std::string> folders{root_ + std::string(of_anyone)};
    const std::string users = root_ + std::string(of_users);
    const Result<std::vector<std::string>> domains = names_at(users);
    if (!domains) return fail(domains.error());
    for (const std::string& domain : *domains) {
        const Result<std::vector<std::string>> names = names_at(users + "/" + domain);
        if (!names) return fail(names.error());
        for (const std::string& name : *names) folders.push_back(users + "/" + domain + "/" + name);
    }
    return folders;
}

Result<> Shares::owner_renamed(const AccountName& from, const AccountName& to) const {
    const Result<std::vector<std::string>> all = folders();
    if (!all) return fail(all.error());
    const auto place = [](const std::string& folder, const AccountName& owner) {
        return folder + "/" + owner.domain() + "/" + owner.local_part();
    };
    for (const std::string& folder : *all)
        if (Result<> moved = move_entry(place(folder, from), place(folder, to), root_); !moved) return moved;
    return {};
}

Result<> Shares::domain_renamed(const std::string& from, const std::string& to) const {
    const Result<std::vector<std::string>> all = folders();
    if (!all) return fail(all.error());
    for (const std::string& folder : *all) {
        const std::string place = folder + "/" + from;
        const Result<std::vector<std::string>> names = names_at(place);
        if (!names) return fail(names.error());
        for (const std::string& name : *names)
            if (Result<> moved = move_entry(place + "/" + name, folder + "/" + to + "/" + name, root_); !moved)
                return moved;
    }
    return {};
}

}  // namespace posthouse::storage
