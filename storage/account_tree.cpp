// An account's folders: made in tmp/ and moved into place; several renames behind an intent.
#include "storage/account_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/subscriptions.h"
#include "storage/trees.h"
#include "storage/uid_validity.h"
#include "storage/uidlist_file.h"

namespace posthouse::storage {
namespace {

constexpr mode_t folder_mode = 0700;
constexpr const char* intent_name = "posthouse-rename";
constexpr std::size_t max_intent_bytes = 16u << 20;

/// mkdir; an existing one will do.
Result<> make_folder_in(int parent, const char* name) {
    if (::mkdirat(parent, name, folder_mode) != 0 && errno != EEXIST)
        return fail_errno(std::string("mkdir ") + name, errno);
    return {};
}

/// A mailbox's content: folders, maildirfolder, dovecot-uidlist, and what `fill` adds; all synced.
Result<> fill_mailbox(int root, const std::string& path, const FillFolder& fill) {
    const Result<Folder> folder = Folder::open(path);
    if (!folder) return fail(folder.error());
    const Result<UniqueFd> mark = open_in(folder->root(), "maildirfolder", O_WRONLY | O_CREAT);
    if (!mark) return fail(mark.error());
    if (Result<> filled = fill(folder->root()); !filled) return filled;
    const Result<UidValidity> validity = next_uid_validity(root);
    if (!validity) return fail(validity.error());
    UidListHeader header;
    header.uid_validity = validity->value();
    header.guid = random_hex(16);
    UidListFile list;
    return list.create(*folder, header);  // syncs the folder, and with it what was made before
}

/// One folder takes its new name; it has it already when a crash came between.
Result<> run_move(int root, const std::string& from, const std::string& to) {
    if (::renameat2(root, from.c_str(), root, to.c_str(), RENAME_NOREPLACE) == 0 || errno == ENOENT) return {};
    return fail_errno("rename mailbox to " + to, errno);
}

Result<FolderMoves> read_intent(int root) {
    FolderMoves moves;
    const Result<UniqueFd> fd = open_in(root, intent_name, O_RDONLY);
    if (!fd) return fail(fd.error());
    const Result<std::string> text = read_all(fd->get(), max_intent_bytes);
    if (!text) return fail(text.error());
    for (const std::string_view line : ascii::split(*text, '\n')) {
        const auto tab = line.find('\t');
        if (tab == std::string_view::npos) continue;
        moves.emplace_back(line.substr(0, tab), line.substr(tab + 1));
    }
    return moves;
}

Result<> remove_intent(int root) {
    if (::unlinkat(root, intent_name, 0) != 0 && errno != ENOENT) return fail_errno("unlink rename's intent", errno);
    return sync_fd(root, "account's folder");
}

/// Does what the intent says. After an error it is still there.
Result<> run_intent(int root) {
    const Result<FolderMoves> moves = read_intent(root);
    if (!moves) return moves.error().code == ErrorCode::not_found ? Result<>{} : fail(moves.error());
    for (const auto& [from, to] : *moves) {
        const Result<> moved = run_move(root, from, to);
        if (moved) continue;
        if (moved.error().code != ErrorCode::exists) return moved;
        // The name was taken meanwhile: this one stays where it was.
        log::error("interrupted RENAME can't be finished", {{"error", moved.error().message()}});
    }
    if (Result<> synced = sync_fd(root, "account's folder"); !synced) return synced;
    return remove_intent(root);
}

/// Gives all folders their old names back. One that can't: the intent stays, and is finished later.
void undo_moves(int root, const FolderMoves& moves) {
    for (const auto& [from, to] : moves) {
        const Result<> moved = run_move(root, to, from);
        if (moved || moved.error().code == ErrorCode::exists) continue;
        log::error("failed RENAME can't be undone", {{"error", moved.error().message()}});
        return;
    }
    if (Result<> removed = remove_intent(root); !removed)
        log::error("failed RENAME can't be undone", {{"error", removed.error().message()}});
}

}  // namespace

Result<AccountLock> AccountLock::take(const std::string& root, const Settings& settings) {
    Result<UniqueFd> folder = open_file(root, O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    Result<FileLock> lock = FileLock::take(folder->get(), settings.lock_wait);
    if (!lock) return fail(lock.error());
    return AccountLock(std::move(*folder), std::move(*lock));
}

Result<bool> is_account(const std::string& root) {
    struct stat st{};
    if (::stat((root + "/cur").c_str(), &st) == 0) return S_ISDIR(st.st_mode);
    if (errno == ENOENT) return false;
    return fail_errno("stat " + root, errno);
}

Result<> make_account(const std::string& root, const Settings& settings) {
    if (Result<> made = make_folders(root, folder_mode); !made) return made;
    const Result<AccountLock> lock = AccountLock::take(root, settings);
    if (!lock) return fail(lock.error());
    const Result<bool> there = is_account(root);
    if (!there) return fail(there.error());
    if (*there) return {};
    for (const char* part : {"tmp", "new"})
        if (Result<> made = make_folder_in(lock->root(), part); !made) return made;
    Result<Subscriptions> subscriptions = read_subscriptions(lock->root(), settings.layout);
    if (!subscriptions) return fail(subscriptions.error());
    for (const DefaultFolder& folder : settings.default_folders) {
        const Result<MailboxName> name = MailboxName::parse(folder.name);
        if (!name) return fail(name.error());
        const Result<std::string> place = settings.layout.folder(*name);
        if (!place) return fail(place.error());
        // Without dovecot-uidlist, which the first look makes: nobody knows this mailbox yet, one sync serves for all.
        const Result<> made = make_folder_in(lock->root(), place->c_str());
        if (!made) return made;
        const Result<UniqueFd> mark = open_in(lock->root(), *place + "/maildirfolder", O_WRONLY | O_CREAT);
        if (!mark) return fail(mark.error());
        for (const char* part : {"/tmp", "/new", "/cur"})
            if (Result<> inner = make_folder_in(lock->root(), (*place + part).c_str()); !inner) return inner;
        if (const Result<bool> added = subscriptions->add(*name); !added) return fail(added.error());
    }
    if (!settings.default_folders.empty())
        if (Result<> written = write_subscriptions(lock->root(), *subscriptions); !written) return written;
    if (Result<> made = make_folder_in(lock->root(), "cur"); !made) return made;
    return sync_fd(lock->root(), "account's folder");
}

Result<std::vector<MailboxName>> mailbox_folders(int root, const Layout& layout) {
    Result<UniqueFd> folder = open_in(root, ".", O_RDONLY | O_DIRECTORY);
    if (!folder) return fail(folder.error());
    DIR* stream = ::fdopendir(folder->get());
    if (stream == nullptr) return fail_errno("read account's folder", errno);
    folder->release();
    std::vector<MailboxName> names;
    // Part of a folder is not taken for the whole: mailboxes would be missing from a RENAME.
    for (errno = 0; const dirent* entry = ::readdir(stream); errno = 0) {
        if (entry->d_name[0] != '.') continue;
        bool is_folder = entry->d_type == DT_DIR;
        struct stat st{};
        if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK)
            is_folder = ::fstatat(root, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
        if (!is_folder) continue;
        if (Result<MailboxName> name = layout.name(entry->d_name)) names.push_back(std::move(*name));
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return fail_errno("readdir account's folder", error);
    return names;
}

Result<> make_mailbox(int root, const std::string& root_path, const std::string& place, const FillFolder& fill) {
    struct stat st{};
    if (::fstatat(root, place.c_str(), &st, 0) == 0) return fail(ErrorCode::exists, "Mailbox exists already");
    if (Result<> made = make_folder_in(root, "tmp"); !made) return made;
    const std::string building = "tmp/create." + random_hex(8);
    const std::string path = root_path + "/" + building;
    if (::mkdir(path.c_str(), folder_mode) != 0) return fail_errno("mkdir " + path, errno);
    Result<> made = fill_mailbox(root, path, fill);
    if (made && ::renameat2(root, building.c_str(), root, place.c_str(), RENAME_NOREPLACE) != 0)
        made =
            errno == EEXIST ? fail(ErrorCode::exists, "Mailbox exists already") : fail_errno("create mailbox", errno);
    if (!made) {
        if (!remove_tree(path)) log::warning("half made mailbox can't be removed", {{"path", path}});
        return made;
    }
    return sync_fd(root, "account's folder");
}

Result<> move_folders(int root, const FolderMoves& moves) {
    if (moves.size() == 1) {
        Result<> moved = run_move(root, moves.front().first, moves.front().second);
        return moved ? sync_fd(root, "account's folder") : moved;
    }
    std::string intent;
    for (const auto& [from, to] : moves) intent.append(from).append("\t").append(to).append("\n");
    if (Result<> written = replace_file(root, intent_name, intent); !written) return written;
    Result<> run = run_intent(root);
    if (!run) undo_moves(root, moves);
    return run;
}

Result<> finish_rename(int root) { return run_intent(root); }

Result<> finish_rename(const std::string& root, const Settings& settings) {
    struct stat st{};
    if (::stat((root + "/" + intent_name).c_str(), &st) != 0) return {};
    const Result<AccountLock> lock = AccountLock::take(root, settings);
    if (!lock) return fail(lock.error());
    // An account with half its folders renamed is better than none.
    if (Result<> finished = run_intent(lock->root()); !finished)
        log::error("interrupted RENAME can't be finished yet", {{"error", finished.error().message()}});
    return {};
}

}  // namespace posthouse::storage
