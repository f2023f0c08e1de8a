// STORE and the claim of \Recent: messages' files renamed, in pieces, under the folder's lock.
#include <stdio.h>

#include <cerrno>

#include "lib/base/log.h"
#include "storage/mailbox_each.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {

Result<std::vector<MessageFlags>> MailboxState::store_flags(const UidSet& uids, const FlagChange& change) {
    std::vector<MessageFlags> stored;
    std::vector<std::uint32_t> todo;
    std::size_t next = 0;
    bool first = true;
    do {
        const std::scoped_lock guard(mutex_);
        const Result<FileLock> flock = lock_folder();
        if (!flock) return fail(flock.error());
        if (Result<> synchronised = synchronise_locked(true); !synchronised) return fail(synchronised.error());
        if (std::exchange(first, false)) todo = existing(uids);
        if (!todo.empty() && change.action != FlagAction::remove && !keywords_.mask_of(change.flags.keywords)) {
            const Result<UidListLock> lock = UidListLock::take(*folder_, store_->locks(), store_->settings().lock_wait);
            if (!lock) return fail(lock.error());
            if (Result<bool> read = keywords_.reload(*folder_); !read) return fail(read.error());
            keyword_sets_.clear();
            // A keyword is durable before a file carries its letter.
            if (Result<> added = keywords_.add(*folder_, change.flags.keywords, WhenFull::fail); !added)
                return fail(added.error());
        }
        const std::uint32_t mask = keywords_.known_mask_of(change.flags.keywords);
        const std::uint64_t before = log_.now();
        for (const std::size_t end = std::min(todo.size(), next + piece_size); next < end; ++next) {
            if (Result<> set = set_flags(todo[next], change, mask); !set) return fail(set.error());
            if (const Record* record = find(todo[next])) stored.push_back({Uid(record->uid), flags_of_record(*record)});
        }
        if (log_.now() == before) continue;
        own_change(look_cur_, folder_->cur());
        own_change(look_fresh_, folder_->fresh());
        noted();
    } while (next < todo.size());
    return stored;
}

Result<> MailboxState::set_flags(std::uint32_t uid, const FlagChange& change, std::uint32_t mask) {
    for (bool again = true;; again = false) {
        Record* record = find(uid);
        if (record == nullptr) return {};
        const NameFlags old = storage::flags_of(record->file);
        NameFlags now = old;
        switch (change.action) {
            case FlagAction::replace:
                now.system = change.flags.system;
                now.keywords = mask | (old.keywords & ~keywords_.named());
                break;
            case FlagAction::add:
                now.system = SystemFlags::from_bits(old.system.bits() | change.flags.system.bits());
                now.keywords |= mask;
                break;
            case FlagAction::remove:
                now.system =
                    SystemFlags::from_bits(static_cast<std::uint8_t>(old.system.bits() & ~change.flags.system.bits()));
                now.keywords &= ~mask;
                break;
        }
        if (now == old) return {};
        std::string name = name_with_flags(record->base(), now);
        if (::renameat(folder_of(record->fresh), record->file.c_str(), folder_->cur(), name.c_str()) == 0) {
            rename_record(*record, std::move(name), false);
            return {};
        }
        if (errno != ENOENT) return fail_errno("rename message", errno);
        // Somebody renamed or removed it. Still not where the folder said a moment ago: it was removed.
        if (!again) return {};
        if (Result<const Record*> found = rescan_for(uid); !found) return fail(found.error());
    }
}

Result<std::vector<Uid>> MailboxState::claim() {
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    if (Result<> synchronised = synchronise_locked(true); !synchronised) return fail(synchronised.error());
    std::vector<Uid> claimed;
    for (std::size_t i = records_.size(), left = fresh_; i > 0 && left > 0; --i) {
        Record& record = records_[i - 1];
        if (!record.fresh) continue;
        --left;
        std::string name = record.file.find(':') == std::string::npos ? name_with_flags(record.file, {}) : record.file;
        if (::renameat(folder_->fresh(), record.file.c_str(), folder_->cur(), name.c_str()) == 0) {
            claimed.emplace_back(record.uid);
            rename_record(record, std::move(name), false);
        } else if (errno == ENOENT) {
            look_cur_.at_ns = 0;  // another claimed or removed it: read the folder the next time
        } else {
            // Not worth failing a SELECT for: the message stays in new/, readable as it is.
            log::warning("new message can't be moved to cur/", {{"errno", errno}});
            break;
        }
    }
    const bool look_again = look_cur_.at_ns == 0;
    own_change(look_cur_, folder_->cur());
    own_change(look_fresh_, folder_->fresh());
    if (look_again) look_cur_.at_ns = 0;
    std::ranges::sort(claimed);
    return claimed;
}

}  // namespace posthouse::storage
