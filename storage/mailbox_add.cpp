// APPEND and COPY: files in tmp/ get UIDs and become messages, all or none.
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "lib/base/log.h"
#include "storage/mailbox_each.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/trees.h"

namespace posthouse::storage {
Result<std::vector<Uid>> MailboxState::add(std::vector<Arrival>& arrivals, WhenFull when_full) {
    if (arrivals.empty()) return std::vector<Uid>{};
    Result<std::vector<Uid>> added;
    {
        const std::scoped_lock guard(mutex_);
        const Result<FileLock> flock = lock_folder();
        if (!flock) return fail(flock.error());
        if (Result<> synchronised = synchronise_locked(true); !synchronised) return fail(synchronised.error());
        added = add_locked(arrivals, when_full);
        if (!added) return added;
        own_change(look_cur_, folder_->cur());
        own_change(look_fresh_, folder_->fresh());
        noted();
    }
    // Synced outside the locks: others go on meanwhile, only this answer waits.
    const bool some_fresh = std::ranges::any_of(
        arrivals, [](const Arrival& arrival) { return arrival.system == SystemFlags() && arrival.keywords.empty(); });
    const bool some_cur = std::ranges::any_of(
        arrivals, [](const Arrival& arrival) { return arrival.system != SystemFlags() || !arrival.keywords.empty(); });
    Result<> synced = some_fresh ? sync_fd(folder_->fresh(), "new/") : Result<>{};
    if (synced && some_cur) synced = sync_fd(folder_->cur(), "cur/");
    if (synced) return added;
    // Not promised, so not kept.
    if (!expunge(UidSet(*added), ExpungeRule::all_given))
        log::error("messages that could not be synced could not be removed either");
    return fail(synced.error());
}

Result<std::vector<Uid>> MailboxState::add_locked(std::vector<Arrival>& arrivals, WhenFull when_full) {
    const Result<UidListLock> lock = UidListLock::take(*folder_, store_->locks(), store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    if (Result<bool> read = keywords_.reload(*folder_); !read) return fail(read.error());
    for (const Arrival& arrival : arrivals) {
        if (keywords_.mask_of(arrival.keywords)) continue;
        keyword_sets_.clear();
        if (Result<> made = keywords_.add(*folder_, arrival.keywords, when_full); !made) return fail(made.error());
    }
    // Another writer than this project's may have appended between the synchronisation and the lock.
    Result<bool> foreign = list_.changed(*folder_);
    if (!foreign) return fail(foreign.error());
    if (*foreign) {
        MailboxSync sync(*this);
        if (Result<> read = sync.read_list(); !read) return fail(read.error());
    }
    if (std::numeric_limits<std::uint32_t>::max() - list_.next_uid() <= arrivals.size())
        return fail(ErrorCode::limit, "Mailbox has no UIDs left");
    const std::string saved = std::to_string(wall_clock_seconds());
    std::vector<UidListEntry> entries;
    std::uint32_t uid = list_.next_uid();
    for (const Arrival& arrival : arrivals) {
        UidListEntry entry{uid++, arrival.extras, arrival.base};
        add_extra(entry.extras, 'D', saved);
        entries.push_back(std::move(entry));
    }
    // The line before the file: a UID that was given is never given again, whatever happens next.
    if (Result<> appended = list_.append(*folder_, entries); !appended) return fail(appended.error());
    std::vector<Record> records;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        Result<Record> placed = place(arrivals[i], entries[i]);
        if (!placed) {
            for (const Record& record : records) ::unlinkat(folder_of(record.fresh), record.file.c_str(), 0);
            return fail(placed.error());
        }
        records.push_back(std::move(*placed));
    }
    std::vector<Uid> uids;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        arrivals[i].tmp_name.clear();
        uids.emplace_back(records[i].uid);
        insert(std::move(records[i]));
    }
    if (!*foreign) settled_uid_ = list_.next_uid() - 1;
    sort_records();
    return uids;
}

Result<Record> MailboxState::place(const Arrival& arrival, const UidListEntry& entry) const {
    NameFlags flags;
    flags.system = arrival.system;
    flags.keywords = keywords_.known_mask_of(arrival.keywords);
    Record record;
    record.uid = entry.uid;
    record.extras = entry.extras;
    record.fresh = arrival.system == SystemFlags() && arrival.keywords.empty();
    record.file = record.fresh ? entry.base : name_with_flags(entry.base, flags);
    if (::renameat2(folder_->tmp(), arrival.tmp_name.c_str(), folder_of(record.fresh), record.file.c_str(),
                    RENAME_NOREPLACE) != 0)
        return fail_errno("place message", errno);
    return record;
}

std::vector<CopySource> MailboxState::copy_sources(const UidSet& uids) const {
    const std::scoped_lock guard(mutex_);
    std::vector<CopySource> sources;
    each_record(records_, uids, [&](const Record& record) {
        sources.push_back({record.uid, record.file, record.fresh, flags_of_record(record), guid_of(record),
                           static_cast<std::uint64_t>(std::max<std::int64_t>(record.physical_size, 0)),
                           static_cast<std::uint64_t>(std::max<std::int64_t>(record.wire_size, 0))});
    });
    return sources;
}

Result<> MailboxState::link_to(const CopySource& source, const Folder& target, const std::string& tmp_name) {
    std::string file = source.file;
    bool fresh = source.fresh;
    for (bool again = true;; again = false) {
        Result<> copied = link_or_copy(folder_of(fresh), file, target.tmp(), tmp_name);
        if (copied || copied.error().code != ErrorCode::not_found) return copied;
        if (!again) return fail(ErrorCode::not_found, "Message is gone");
        const std::scoped_lock guard(mutex_);
        if (Result<> synchronised = synchronise_locked(false, true); !synchronised) return synchronised;
        const Record* record = find(source.uid);
        if (record == nullptr) return fail(ErrorCode::not_found, "Message is gone");
        file = record->file;
        fresh = record->fresh;
    }
}

}  // namespace posthouse::storage
