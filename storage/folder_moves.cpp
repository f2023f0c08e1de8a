// The moves and their intent, `posthouse-rename`: a line per move, a tab between the two paths.
#include "storage/folder_moves.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ranges>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/account_tree.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* intent_name = "posthouse-rename";
constexpr mode_t folder_mode = 0700;
constexpr std::size_t max_intent_bytes = 16u << 20;

/// Whoever could write an intent can't reach outside the account with it.
bool stays_inside(std::string_view path) {
    return std::ranges::none_of(ascii::split(path, '/'),
                                [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

/// One takes its new name; it has it already when a crash came between.
Result<> run_move(int root, const std::string& from, const std::string& to) {
    for (bool again = true;; again = false) {
        if (::renameat2(root, from.c_str(), root, to.c_str(), RENAME_NOREPLACE) == 0) return {};
        if (errno == EEXIST) return fail(ErrorCode::exists, "Mailbox exists already", to);
        if (errno != ENOENT || !again) return fail_errno("rename mailbox to " + to, errno);
        struct stat st{};
        if (::fstatat(root, from.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? Result<>{} : fail_errno("stat " + from, errno);
        if (Result<> made = make_parents(root, to); !made) return made;
    }
}

/// The folders that moves change: those of the new names first, so that nothing is gone before it is there. What lies
/// in tmp/ is promised to nobody.
Result<> sync_changed(int root, const FolderMoves& moves) {
    std::vector<std::string> folders;
    const auto add = [&](std::string folder) {
        if (folder == "tmp" || folder.starts_with("tmp/")) return;
        if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(std::move(folder));
    };
    for (const auto& [from, to] : moves) {
        std::string folder = parent_of(to);
        for (; !folder.empty(); folder = parent_of(folder)) add(folder);  // each may be new
        if (!to.starts_with("tmp/")) add({});
    }
    for (const auto& [from, to] : moves) add(parent_of(from));
    for (const std::string& folder : folders)
        if (Result<> synced = sync_below(root, folder); !synced) return synced;
    return {};
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
        if (stays_inside(line.substr(0, tab)) && stays_inside(line.substr(tab + 1)))
            moves.emplace_back(line.substr(0, tab), line.substr(tab + 1));
        else
            log::error("intent of a RENAME leads out of the account, it is left out");
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
    if (Result<> synced = sync_changed(root, *moves); !synced) return synced;
    return remove_intent(root);
}

/// Gives all their old names back, the last one first: what is at an old name now came later. One that can't: the
/// intent stays, and is finished later.
void undo_moves(int root, const FolderMoves& moves) {
    for (const auto& [from, to] : std::views::reverse(moves)) {
        const Result<> moved = run_move(root, to, from);
        if (moved || moved.error().code == ErrorCode::exists) continue;
        log::error("failed RENAME can't be undone", {{"error", moved.error().message()}});
        return;
    }
    if (Result<> removed = remove_intent(root); !removed)
        log::error("failed RENAME can't be undone", {{"error", removed.error().message()}});
}

}  // namespace

std::string parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

Result<> make_parents(int root, const std::string& path) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const std::string parent = path.substr(0, slash);
        if (::mkdirat(root, parent.c_str(), folder_mode) != 0 && errno != EEXIST)
            return fail_errno("mkdir " + parent, errno);
    }
    return {};
}

Result<> sync_below(int root, const std::string& path) {
    if (path.empty()) return sync_fd(root, "account's folder");
    const Result<UniqueFd> folder = open_in(root, path, O_RDONLY | O_DIRECTORY);
    if (!folder) return folder.error().code == ErrorCode::not_found ? Result<>{} : fail(folder.error());
    return sync_fd(folder->get(), path);
}

Result<> move_folders(int root, const FolderMoves& moves) {
    if (moves.empty()) return {};
    if (moves.size() == 1) {
        Result<> moved = run_move(root, moves.front().first, moves.front().second);
        return moved ? sync_changed(root, moves) : moved;
    }
    // An older intent must not be lost.
    if (Result<> finished = run_intent(root); !finished) return finished;
    std::string intent;
    for (const auto& [from, to] : moves) intent.append(from).append("\t").append(to).append("\n");
    if (Result<> written = replace_file(root, intent_name, intent); !written) return written;
    Result<> run = run_intent(root);
    if (!run) undo_moves(root, moves);
    return run;
}

Result<> finish_moves(int root) { return run_intent(root); }

Result<> finish_moves(const std::string& root, const Settings& settings) {
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
