// The moves and their intent, `posthouse-rename`: a line per move, a tab between the two paths.
#include "storage/folder_moves.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <ranges>
#include <set>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "storage/account_tree.h"
#include "storage/folder.h"
#include "storage/small_file.h"

namespace posthouse::storage {
namespace {

constexpr const char* intent_name = "posthouse-rename";
constexpr std::size_t max_intent_bytes = 64u << 20;
/// More than the mailboxes that an account can have.
constexpr std::size_t max_moves = 200'000;

/// One takes its new name; it has it already when a crash came between.
Result<> run_move(int root, const std::string& from, const std::string& to) {
    for (bool again = true;; again = false) {
        const Result<Spot> source = Spot::find(root, from);
        if (!source) return source.error().code == ErrorCode::not_found ? Result<>{} : fail(source.error());
        const Result<Spot> target = Spot::find(root, to);
        if (target &&
            ::renameat2(source->folder(), source->name(), target->folder(), target->name(), RENAME_NOREPLACE) == 0)
            return {};
        const int error = target ? errno : ENOENT;
        if (error == EEXIST) return fail(ErrorCode::exists, "Mailbox exists already", to);
        if (error == EINVAL || error == EXDEV) return fail(ErrorCode::invalid, "Mailbox can't be moved there", to);
        if (!target && (!again || target.error().code != ErrorCode::not_found)) return fail(target.error());
        if (error != ENOENT || !again) return fail_errno("rename mailbox to " + to, error);
        if (const Result<struct stat> there = stat_in(root, from); !there)
            return there.error().code == ErrorCode::not_found ? Result<>{} : fail(there.error());
        if (Result<> made = make_parents(root, to); !made) return made;
    }
}

/// The folders that moves change: those of the new names first, so that nothing is gone before it is there. What lies
/// in tmp/ is promised to nobody.
Result<> sync_changed(int root, const FolderMoves& moves) {
    std::vector<std::string> folders;
    std::set<std::string> known;
    const auto add = [&](const std::string& folder) {
        if (folder == "tmp" || folder.starts_with("tmp/")) return;
        if (known.insert(folder).second) folders.push_back(folder);
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

/// Nothing: there is none. What can't be one (it is no file, or too large for one) is kept under another name.
Result<std::optional<FolderMoves>> read_intent(int root) {
    const Result<SmallFile> file = read_small_file(root, intent_name, max_intent_bytes);
    if (!file) return fail(file.error());
    if (!file->is_there) return std::nullopt;
    FolderMoves moves;
    const bool is_unfit =
        file->is_unfit || std::ranges::count(file->text, '\t') > static_cast<std::ptrdiff_t>(max_moves);
    if (is_unfit) {
        if (Result<> kept = keep_damaged(root, intent_name); !kept) return fail(kept.error());
        return moves;
    }
    for (const std::string_view line : ascii::split(file->text, '\n')) {
        const auto tab = line.find('\t');
        if (tab != std::string_view::npos) moves.emplace_back(line.substr(0, tab), line.substr(tab + 1));
    }
    return moves;
}

/// Whose moves they are.
enum class Origin {
    now,      ///< this caller's: they were found to be possible
    earlier,  ///< of a process that died, or of whoever else writes into the account's folder
};

/// The move is left out, however often it is tried it can't be done: its new name was taken meanwhile, or somebody made
/// up a path that leads out of the account.
bool is_left_out(const Error& error, Origin origin) {
    return error.code == ErrorCode::exists ||
           (origin == Origin::earlier && (error.code == ErrorCode::not_found || error.code == ErrorCode::invalid));
}

Result<> remove_intent(int root) {
    if (::unlinkat(root, intent_name, 0) != 0 && errno != ENOENT) return fail_errno("unlink rename's intent", errno);
    return sync_fd(root, "account's folder");
}

/// Does what the intent says. After an error it is still there.
Result<> run_intent(int root, Origin origin) {
    const Result<std::optional<FolderMoves>> moves = read_intent(root);
    if (!moves) return fail(moves.error());
    if (!*moves) return {};
    for (const auto& [from, to] : **moves) {
        const Result<> moved = run_move(root, from, to);
        if (moved) continue;
        if (!is_left_out(moved.error(), origin)) return moved;
        log::error("interrupted RENAME can't be finished",
                   {{"folder", path_of(root)}, {"error", moved.error().message()}});
    }
    if (Result<> synced = sync_changed(root, **moves); !synced) return synced;
    return remove_intent(root);
}

/// Gives all their old names back, the last one first: what is at an old name now came later. One that can't: the
/// intent stays, and is finished later.
void undo_moves(int root, const FolderMoves& moves) {
    for (const auto& [from, to] : std::views::reverse(moves)) {
        const Result<> moved = run_move(root, to, from);
        if (moved || moved.error().code == ErrorCode::exists) continue;
        log::error("failed RENAME can't be undone", {{"folder", path_of(root)}, {"error", moved.error().message()}});
        return;
    }
    if (Result<> removed = remove_intent(root); !removed)
        log::error("failed RENAME can't be undone", {{"folder", path_of(root)}, {"error", removed.error().message()}});
}

}  // namespace

std::string parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

Result<> make_parents(int root, const std::string& path) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
        if (Result<> made = make_folder_in(root, path.substr(0, slash)); !made) return made;
    return {};
}

Result<> sync_below(int root, const std::string& path) {
    if (path.empty()) return sync_fd(root, "account's folder");
    const Result<struct stat> there = stat_in(root, path);
    const bool is_nothing =
        there ? !S_ISDIR(there->st_mode)
              : there.error().code == ErrorCode::not_found || there.error().code == ErrorCode::invalid;
    if (is_nothing) return {};
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
    if (Result<> finished = run_intent(root, Origin::earlier); !finished) return finished;
    if (moves.size() > max_moves) return fail(ErrorCode::limit, "Too many mailboxes");
    std::string intent;
    for (const auto& [from, to] : moves) intent.append(from).append("\t").append(to).append("\n");
    if (Result<> written = replace_file(root, intent_name, intent); !written) return written;
    Result<> run = run_intent(root, Origin::now);
    if (!run) undo_moves(root, moves);
    return run;
}

Result<> finish_moves(int root) { return run_intent(root, Origin::earlier); }

Result<> finish_moves(const std::string& root, const Settings& settings) {
    struct stat st{};
    if (::lstat((root + "/" + intent_name).c_str(), &st) != 0) return {};
    const Result<AccountLock> lock = AccountLock::take(root, settings);
    if (!lock) return fail(lock.error());
    // An account with half its folders renamed is better than none.
    if (Result<> finished = run_intent(lock->root(), Origin::earlier); !finished)
        log::error("interrupted RENAME can't be finished yet",
                   {{"folder", root}, {"error", finished.error().message()}});
    return {};
}

}  // namespace posthouse::storage
