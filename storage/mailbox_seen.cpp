// A mailbox's readers who have a \Seen flag of their own: what they have seen, and marking it.
#include <limits>

#include "storage/mailbox_state.h"

namespace posthouse::storage {
namespace {

/// Readers whose files are remembered in memory; others are read again.
constexpr std::size_t max_remembered = 64;

/// Whether a STORE sets \Seen or takes it; nothing: it leaves it alone.
std::optional<bool> wanted_seen(const FlagChange& change) {
    if (!change.scope.system.has(Flag::seen)) return std::nullopt;
    const bool names_seen = change.flags.system.has(Flag::seen);
    if (change.action == FlagAction::replace) return names_seen;
    if (!names_seen) return std::nullopt;
    return change.action == FlagAction::add;
}

}  // namespace

Result<SeenFile*> MailboxState::seen_file(const std::string& viewer) {
    if (!seen_.contains(viewer) && seen_.size() >= max_remembered) seen_.clear();
    SeenFile& file = seen_.try_emplace(viewer, viewer).first->second;
    const UidValidity now(list_.uid_validity());
    const Result<bool> changed = file.changed(*folder_, now);
    if (!changed) return fail(changed.error());
    if (*changed)
        if (Result<> loaded = file.reload(*folder_, now); !loaded) return fail(loaded.error());
    return &file;
}

Result<std::shared_ptr<const UidSet>> MailboxState::seen_by(const std::string& viewer) {
    const std::scoped_lock guard(mutex_);
    if (const auto known = seen_.find(viewer); known != seen_.end()) {
        const Result<bool> changed = known->second.changed(*folder_, UidValidity(list_.uid_validity()));
        if (changed && !*changed) return known->second.seen();
    }
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    const Result<SeenFile*> file = seen_file(viewer);
    if (!file) return fail(file.error());
    return (*file)->seen();
}

Result<Status> MailboxState::status_of(const std::string& viewer) {
    if (const Result<Snapshot> looked = look(); !looked) return fail(looked.error());
    const auto seen = seen_by(viewer);
    if (!seen) return fail(seen.error());
    // All figures are of one moment; what came since then may be in the reader's file already.
    const Result<Snapshot> now = snapshot();
    if (!now) return fail(now.error());
    Status status = status_at(now->row);
    std::uint32_t unseen = 0;
    now->reader.each_flags(now->row.number, 0, std::numeric_limits<std::uint32_t>::max(),
                           [&](std::uint32_t uid, const FlagRow&) {
                               if (!(*seen)->contains(Uid(uid))) ++unseen;
                               return true;
                           });
    if (Result<> read = now->reader.status(); !read) return fail(read.error());
    status.unseen = unseen;
    return status;
}

Result<bool> MailboxState::set_seen(Work& work, std::span<const std::uint32_t> uids, const FlagChange& change,
                                    const std::string& viewer) {
    const std::optional<bool> wanted = wanted_seen(change);
    if (!wanted) return false;
    const Result<SeenFile*> file = seen_file(viewer);
    if (!file) return fail(file.error());
    UidSet changed;
    for (const std::uint32_t uid : uids)
        if (work.edit.find(uid) != nullptr && (*file)->seen()->contains(Uid(uid)) != *wanted) changed.add(Uid(uid));
    if (changed.empty()) return false;
    if (Result<> marked = (*file)->mark(*folder_, changed, *wanted); !marked) return fail(marked.error());
    for (const std::uint32_t uid : uids)
        if (changed.contains(Uid(uid))) work.edit.touch(uid);
    return true;
}

}  // namespace posthouse::storage
