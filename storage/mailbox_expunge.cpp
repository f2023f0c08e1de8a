// EXPUNGE and DELETE: messages' files removed under the folder's lock, then the folder synced once.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/log.h"
#include "storage/account_tree.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/work_count.h"

namespace posthouse::storage {
Result<std::vector<Uid>> MailboxState::expunge(const UidSet& uids, ExpungeRule rule) {
    std::vector<Uid> removed;
    std::vector<std::uint32_t> todo;
    std::size_t next = 0;
    bool first = true;
    bool from_fresh = false;
    bool is_sparse = false;
    do {
        Result<Work> work = begin_work();
        if (!work) return fail(work.error());
        // What Dovecot took to cur/ between our reading and our change would look like ours.
        if (Result<> locked = lock_list(*work); !locked) return fail(locked.error());
        if (std::exchange(first, false)) todo = work->edit.existing(uids);
        Result<> result;
        bool changed = false;
        for (std::size_t tried = 0; next < todo.size() && tried < piece_size; ++next) {
            WorkCount::add_one();
            const Record* record = work->edit.find(todo[next]);
            if (record == nullptr) continue;
            if (rule == ExpungeRule::deleted_only && !record->system().has(Flag::deleted)) continue;
            ++tried;
            from_fresh = from_fresh || record->fresh();
            const Result<bool> unlinked = unlink_message(*work, todo[next]);
            if (!unlinked) result = fail(unlinked.error());
            if (!unlinked) break;
            if (!*unlinked) continue;
            changed = true;
            work->edit.drop(todo[next]);
            removed.emplace_back(todo[next]);
        }
        const MailboxRow& row = work->edit.row();
        is_sparse = std::max(row.absent, row.strays) > min_dead_lines + row.messages / 4;
        if (changed || !result) end_work(*work);
        if (!result) return fail(result.error());
    } while (next < todo.size());
    std::ranges::sort(removed);
    if (removed.empty()) return removed;
    if (Result<> synced = sync_fd(folder_->cur(), "cur/"); !synced) return fail(synced.error());
    if (from_fresh)
        if (Result<> synced = sync_fd(folder_->fresh(), "new/"); !synced) return fail(synced.error());
    // A message that a power failure brings back has them still.
    drop_annotations(removed);
    if (is_sparse)
        if (Result<> compacted = compact(); !compacted)
            log::warning("dovecot-uidlist can't be rewritten",
                         {{"folder", path_of(folder_->root())}, {"error", compacted.error().message()}});
    return removed;
}

Result<bool> MailboxState::unlink_message(Work& work, std::uint32_t uid) {
    for (int renames_left = renames_followed;; --renames_left) {
        const Record* record = work.edit.find(uid);
        if (record == nullptr) return false;
        if (::unlinkat(folder_of(record->fresh()), record->name().c_str(), 0) == 0) {
            work.touch(record->fresh());
            return true;
        }
        if (errno != ENOENT) return fail_errno("unlink message", errno);
        if (renames_left == 0)
            return fail(ErrorCode::busy, "Mailbox is busy", "a message's file is renamed all the time");
        if (Result<> scanned = rescan(work); !scanned) return fail(scanned.error());
    }
}

Result<> MailboxState::compact() {
    Result<Work> work = begin_work();
    if (!work) return fail(work.error());
    Result<> compacted = MailboxSync(*this, work->edit).compact();
    if (compacted) end_work(*work);
    return compacted;
}

Result<> MailboxState::destroy(int root, const std::string& place) {
    const std::scoped_lock guard(mutex_);
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    if (Result<> alive = check_alive(); !alive) return alive;
    // Out of sight in one step; what follows only frees the space. The lock is held until the folder is gone, so that
    // nobody adds to it meanwhile.
    const std::string trash = new_trash();
    const Result<FolderMoves> moves = moves_to_trash(root, store_->settings().layout, place, trash);
    if (!moves) return fail(moves.error());
    const Result<> moved = move_folders(root, *moves);
    deleted_ = !stat_in(root, place + "/cur");
    if (deleted_) store_->forget(*this);
    if (!moved) return moved;
    tell_others();
    empty_trash(root, trash);
    return {};
}

}  // namespace posthouse::storage
