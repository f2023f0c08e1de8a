// STORE and the claim of \Recent: messages' files renamed, in pieces, under the folder's lock.
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "lib/base/log.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"
#include "storage/work_count.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t max_name_bytes = 255;
/// ":2,", Maildir's letters and all of the keywords'.
constexpr std::size_t room_for_flags = 3 + 6 + max_letters;

SystemFlags with_seen(SystemFlags flags, bool is_seen) {
    if (is_seen)
        flags.set(Flag::seen);
    else
        flags.clear(Flag::seen);
    return flags;
}

}  // namespace

BaseChanges MailboxState::names_with_room(Work& work, std::span<const std::uint32_t> uids) const {
    BaseChanges changes;
    for (const std::uint32_t uid : uids) {
        const Record* record = work.edit.find(uid);
        if (record == nullptr || record->file.base.size() + room_for_flags <= max_name_bytes) continue;
        Result<std::string> base = new_base_for(folder_of(record->fresh()), record->name(), store_->host());
        if (base) changes.emplace(record->file.base, std::move(*base));
    }
    return changes;
}

void MailboxState::make_room(const BaseChanges& changes) {
    if (Result<> renamed = rename_bases(changes); !renamed)
        log::warning("messages keep names without room for flags",
                     {{"folder", path_of(folder_->root())}, {"error", renamed.error().message()}});
}

Result<ConditionalStore> MailboxState::store_flags(const UidSet& uids, const FlagChange& change,
                                                   std::optional<ModSeq> unchanged_since, const std::string& viewer) {
    // A reader's own \Seen is in no file's name.
    FlagChange in_names = change;
    if (!viewer.empty()) in_names.scope.system.clear(Flag::seen);
    ConditionalStore outcome;
    std::vector<MessageFlags>& stored = outcome.stored;
    std::vector<std::uint32_t> todo;
    std::size_t next = 0;
    std::size_t has_room = 0;  ///< so many of them were looked at
    bool first = true;
    do {
        std::optional<Result<Work>> began(begin_work());
        Result<Work>& work = *began;
        if (!work) return fail(work.error());
        if (std::exchange(first, false)) todo = work->edit.existing(uids);
        if (todo.empty()) return outcome;
        if (unchanged_since) {
            // Each piece anew: others had the locks in between.
            const auto has_changed = [&](std::uint32_t uid) {
                const Record* record = work->edit.find(uid);
                if (record == nullptr || record->flags.modseq <= unchanged_since->value()) return false;
                outcome.modified.emplace_back(uid);
                return true;
            };
            const auto from = todo.begin() + static_cast<std::ptrdiff_t>(next);
            const auto to = from + static_cast<std::ptrdiff_t>(std::min(todo.size() - next, piece_size));
            todo.erase(std::remove_if(from, to, has_changed), to);
            if (next == todo.size()) return outcome;
        }
        const std::size_t end = std::min(todo.size(), next + piece_size);
        const std::span<const std::uint32_t> piece = std::span(todo).subspan(next, end - next);
        if (has_room < end) {
            has_room = end;
            if (const BaseChanges changes = names_with_room(*work, piece); !changes.empty()) {
                began.reset();  // a change of base names takes the locks itself
                make_room(changes);
                continue;
            }
        }
        if (Result<> locked = lock_list(*work); !locked) return fail(locked.error());
        const std::uint64_t names_before = names_->fingerprint();
        const Keywords keywords = change.scope.of(change.flags).keywords;
        const Result<KeywordNumbers> numbers =
            change.action == FlagAction::remove ? numbers_of(keywords) : make_keywords(*work, keywords, WhenFull::fail);
        if (!numbers) return fail(numbers.error());
        // A file name can't hold them, so they come first: what can't be written leaves the names as they were.
        const Result<bool> further = set_further(*work, piece, change, numbers->further);
        Result<> result = further ? Result<>{} : fail(further.error());
        bool changed = (further && *further) || names_->fingerprint() != names_before;
        std::shared_ptr<const UidSet> seen;
        if (result && !viewer.empty()) {
            const Result<bool> marked = set_seen(*work, piece, change, viewer);
            const Result<SeenFile*> file = marked ? seen_file(viewer) : fail(marked.error());
            if (file) seen = (*file)->seen();
            if (!file) result = fail(file.error());
            changed = changed || (marked && *marked);
        }
        for (; next < end && result; ++next) {
            WorkCount::add_one();
            const Result<bool> set = set_flags(*work, todo[next], in_names, numbers->letters);
            if (!set) result = fail(set.error());
            if (!set) break;
            changed = changed || *set;
            const Record* record = work->edit.find(todo[next]);
            if (record == nullptr) continue;
            SystemFlags system = record->system();
            if (seen) system = with_seen(system, seen->contains(Uid(record->uid)));
            stored.push_back({Uid(record->uid), {system, keyword_sets_->of(record->flags.keywords, record->further)}});
        }
        if (changed || !result) end_work(*work);
        if (!result) return fail(result.error());
    } while (next < todo.size());
    return outcome;
}

Result<bool> MailboxState::set_flags(Work& work, std::uint32_t uid, const FlagChange& change, std::uint32_t letters) {
    for (int renames_left = renames_followed;; --renames_left) {
        const Record* record = work.edit.find(uid);
        if (record == nullptr) return false;
        const std::string old_name = record->name();
        const NameFlags old = storage::flags_of(old_name);
        NameFlags now = old;
        switch (change.action) {
            case FlagAction::replace:
                now.system = change.flags.system;
                now.keywords = letters | (old.keywords & ~letters_.named());
                break;
            case FlagAction::add:
                now.system = SystemFlags::from_bits(old.system.bits() | change.flags.system.bits());
                now.keywords |= letters;
                break;
            case FlagAction::remove:
                now.system =
                    SystemFlags::from_bits(static_cast<std::uint8_t>(old.system.bits() & ~change.flags.system.bits()));
                now.keywords &= ~letters;
                break;
        }
        now.system = change.scope.merged(old.system, now.system);
        if (!change.scope.keywords) now.keywords = old.keywords;
        if (now == old) return false;
        const std::string name = name_with_flags(record->file.base, now);
        if (::renameat2(folder_of(record->fresh()), old_name.c_str(), folder_->cur(), name.c_str(), RENAME_NOREPLACE) ==
            0) {
            work.touch(record->fresh());
            work.touch(false);
            work.edit.rename(uid, name, false);
            return true;
        }
        const int error = errno;
        if (error == ENAMETOOLONG) {
            log::warning("a message's name has no room for its flags",
                         {{"folder", path_of(folder_->root())}, {"file", old_name}});
            return false;
        }
        if (error != ENOENT && (error != EEXIST || renames_left == 0)) return fail_errno("rename message", error);
        // Somebody renamed or removed it, or another message has its base name and these flags: reading the folder
        // gives that one a name of its own.
        if (renames_left == 0)
            return fail(ErrorCode::busy, "Mailbox is busy", "a message's file is renamed all the time");
        if (Result<> scanned = rescan(work); !scanned) return fail(scanned.error());
    }
}

Result<std::vector<Uid>> MailboxState::claim(bool again) {
    std::optional<Result<Work>> began(begin_work());
    Result<Work>& work = *began;
    if (!work) return fail(work.error());
    if (again)
        if (const BaseChanges changes = names_with_room(*work, work->edit.fresh()); !changes.empty()) {
            began.reset();
            make_room(changes);
            return claim(false);
        }
    if (Result<> locked = lock_list(*work); !locked) return fail(locked.error());
    std::vector<Uid> claimed;
    bool look_again = false;
    for (const std::uint32_t uid : work->edit.fresh()) {
        const Record* record = work->edit.find(uid);
        if (record == nullptr) continue;
        const std::string old_name = record->name();
        const std::string name = record->flags.has_suffix == 0 ? name_with_flags(record->file.base, {}) : old_name;
        if (::renameat2(folder_->fresh(), old_name.c_str(), folder_->cur(), name.c_str(), RENAME_NOREPLACE) == 0) {
            claimed.emplace_back(uid);
            work->touch(true);
            work->touch(false);
            work->edit.rename(uid, name, false);
        } else if (errno == ENAMETOOLONG) {
            log::warning("a message's name has no room for its flags",
                         {{"folder", path_of(folder_->root())}, {"file", old_name}});
        } else if (errno == ENOENT || errno == EEXIST) {
            look_again = true;  // another claimed or removed it, or has its name: read the folder the next time
        } else {
            // Not worth failing a SELECT for: the message stays in new/, readable as it is.
            log::warning("new message can't be moved to cur/",
                         {{"errno", errno}, {"folder", path_of(folder_->root())}});
            break;
        }
    }
    if (look_again) work->edit.row().cur.at_ns = 0;
    end_work(*work);
    return claimed;
}

}  // namespace posthouse::storage
