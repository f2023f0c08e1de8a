// APPEND and COPY: files in tmp/ get UIDs and become messages, all or none.
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "lib/base/log.h"
#include "storage/clock.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"
#include "storage/trees.h"

namespace posthouse::storage {
Result<std::vector<Uid>> MailboxState::add(std::vector<Arrival>& arrivals, WhenFull when_full) {
    if (arrivals.empty()) return std::vector<Uid>{};
    Result<std::vector<Uid>> added;
    {
        Result<Work> work = begin_work(Scan::certain);
        if (!work) return fail(work.error());
        added = add_locked(*work, arrivals, when_full);
        end_work(*work);
        if (!added) return added;
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
        log::error("messages that could not be synced could not be removed either",
                   {{"folder", path_of(folder_->root())}});
    return fail(synced.error());
}

Result<std::vector<Uid>> MailboxState::add_locked(Work& work, std::vector<Arrival>& arrivals, WhenFull when_full) {
    if (Result<> locked = lock_list(work); !locked) return fail(locked.error());
    const Result<bool> foreign_letters = letters_.reload(*folder_);
    if (!foreign_letters) return fail(foreign_letters.error());
    if (*foreign_letters) keywords_changed();
    for (Arrival& arrival : arrivals) {
        Result<KeywordNumbers> numbers = make_keywords(work, arrival.keywords, when_full);
        if (!numbers) return fail(numbers.error());
        arrival.numbers = std::move(*numbers);
    }
    // Another writer than this project's may have appended between the synchronisation and the lock.
    const Result<bool> foreign = list_.changed(*folder_);
    if (!foreign) return fail(foreign.error());
    if (*foreign) {
        MailboxSync sync(*this, work.edit);
        if (Result<> read = sync.read_locked_list(); !read) return fail(read.error());
        // Its files aren't looked for here, and their folder's time will be that of our own change.
        work.edit.row().cur.at_ns = 0;
        work.edit.row().fresh_look.at_ns = 0;
    }
    if (std::numeric_limits<std::uint32_t>::max() - list_.next_uid() <= arrivals.size())
        return fail(ErrorCode::limit, "Mailbox has no UIDs left");
    const std::int64_t saved = wall_clock_seconds();
    std::vector<UidListEntry> entries;
    std::uint32_t uid = list_.next_uid();
    for (const Arrival& arrival : arrivals) {
        UidListEntry entry{uid++, arrival.extras, arrival.base};
        add_extra(entry.extras, 'D', std::to_string(saved));
        entries.push_back(std::move(entry));
    }
    std::vector<KeywordAssignment> further;
    for (const Arrival& arrival : arrivals)
        if (!arrival.numbers.further.empty()) further.push_back({arrival.base, arrival.numbers.further});
    if (Result<> assigned = further_.assign(*folder_, further, Durable::at_once); !assigned)
        return fail(assigned.error());
    // The line before the file: a UID that was given is never given again, whatever happens next.
    if (Result<> appended = list_.append(*folder_, entries); !appended) return fail(appended.error());
    // Behind the line: only now these UIDs can't become those of other messages.
    if (Result<> annotated = annotate(work, arrivals, entries.front().uid, when_full); !annotated)
        return fail(annotated.error());
    std::vector<Record> records;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        Result<Record> placed = place(arrivals[i], entries[i]);
        if (!placed) {
            for (const Record& record : records) {
                ::unlinkat(folder_of(record.fresh()), record.name().c_str(), 0);
                work.touch(record.fresh());
            }
            return fail(placed.error());
        }
        placed->file.save_date = saved;
        records.push_back(std::move(*placed));
    }
    std::vector<Uid> uids;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        arrivals[i].tmp_name.clear();
        work.touch(records[i].fresh());
        uids.emplace_back(records[i].uid);
        work.edit.insert(std::move(records[i]));
    }
    if (!*foreign) work.edit.row().settled_uid = list_.next_uid() - 1;
    return uids;
}

Result<Record> MailboxState::place(const Arrival& arrival, const UidListEntry& entry) const {
    NameFlags flags;
    flags.system = arrival.system;
    flags.keywords = arrival.numbers.letters;
    const bool is_fresh = arrival.system == SystemFlags() && arrival.keywords.empty();
    Record record;
    record.uid = entry.uid;
    record.file.base = entry.base;
    record.file.extras = entry.extras;
    record.file.physical_size = arrival.physical_size;
    record.file.wire_size = arrival.wire_size;
    record.file.internal_date = arrival.internal_date;
    record.further = arrival.numbers.further;
    record.set_name(is_fresh ? entry.base : name_with_flags(entry.base, flags), is_fresh);
    if (::renameat2(folder_->tmp(), arrival.tmp_name.c_str(), folder_of(is_fresh), record.name().c_str(),
                    RENAME_NOREPLACE) != 0)
        return fail_errno("place message", errno);
    return record;
}

Result<std::vector<CopySource>> MailboxState::copy_sources(const UidSet& uids) {
    const Result<Snapshot> now = snapshot(Names::all);
    if (!now) return fail(now.error());
    std::vector<CopySource> sources;
    for (const UidRange& range : uids.ranges())
        now->reader.each_flags(now->row.number, range.first.value(), range.last.value(),
                               [&](std::uint32_t uid, const FlagRow& flags) {
                                   if (auto file = now->reader.file(now->row.number, uid))
                                       sources.push_back({{uid, flags, std::move(*file)}, now->flags_of(uid, flags)});
                                   return true;
                               });
    if (Result<> read = now->reader.status(); !read) return fail(read.error());
    return sources;
}

Result<> MailboxState::link_to(const CopySource& source, const Folder& target, const std::string& tmp_name) {
    Record record = source.record;
    for (int renames_left = renames_followed;;) {
        Result<> copied = link_or_copy(folder_of(record.fresh()), record.name(), target.tmp(), tmp_name);
        if (copied || copied.error().code != ErrorCode::not_found) return copied;
        if (target.deleted()) return fail(ErrorCode::not_found, "Mailbox was deleted");
        std::optional<Record> found;
        {
            const Result<Snapshot> now = snapshot();
            if (!now) return fail(now.error());
            found = now->find(record.uid);
        }
        if (!found) return fail(ErrorCode::not_found, "Message is gone");
        // The folders are read only when the index doesn't know better: once, however many messages are gone.
        if (found->name() == record.name() && found->fresh() == record.fresh()) {
            if (renames_left-- == 0)
                return fail(ErrorCode::busy, "Mailbox is busy", "a message's file is renamed all the time");
            if (Result<> synchronised = synchronise(true); !synchronised) return synchronised;
        }
        record = std::move(*found);
    }
}

}  // namespace posthouse::storage
