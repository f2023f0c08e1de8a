// A mailbox's annotations of messages (RFC 5257): looked at, stored, given to new messages and dropped with old ones.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "storage/annotation_room.h"
#include "storage/mailbox_state.h"
#include "storage/work_count.h"

namespace posthouse::storage {
namespace {

/// Files that are remembered in memory; others are read again.
constexpr std::size_t max_remembered = 16;
/// How many messages get annotations before the locks are given to others (no file of theirs is touched), and how many
/// octets they get together: so much is in memory for each message anew.
constexpr std::size_t annotated_at_once = 4096;
constexpr std::size_t octets_at_once = 4u << 20;

std::size_t messages_at_once(const std::vector<imap::AnnotationValue>& values) {
    std::size_t octets = 1;
    for (const imap::AnnotationValue& value : values) octets += value.entry.size() + value.value.value_or("").size();
    return std::clamp<std::size_t>(octets_at_once / octets, 1, annotated_at_once);
}

}  // namespace

Result<MessageAnnotationFile*> MailboxState::annotation_file(const MessageAnnotationFile::Name& name) {
    if (!annotation_files_.contains(name.file) && annotation_files_.size() >= max_remembered) annotation_files_.clear();
    MessageAnnotationFile& file = annotation_files_.try_emplace(name.file, name).first->second;
    const UidValidity now(list_.uid_validity());
    const Result<bool> changed = file.changed(*folder_, now);
    if (!changed) return fail(changed.error());
    if (*changed)
        if (Result<> loaded = file.reload(*folder_, now); !loaded) return fail(loaded.error());
    return &file;
}

Result<std::shared_ptr<const AnnotationTable>> MailboxState::annotation_table(const MessageAnnotationFile::Name& name) {
    static const auto none = std::make_shared<const AnnotationTable>();
    if (const auto known = annotation_files_.find(name.file); known != annotation_files_.end()) {
        const Result<bool> changed = known->second.changed(*folder_, UidValidity(list_.uid_validity()));
        if (changed && !*changed) return known->second.table();
    } else if (const Result<struct stat> there = stat_in(folder_->root(), name.file); !there) {
        if (there.error().code != ErrorCode::not_found) return fail(there.error());
        return none;
    }
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    const Result<MessageAnnotationFile*> file = annotation_file(name);
    if (!file) return fail(file.error());
    return (*file)->table();
}

void MailboxState::end_use() {
    if (--users_ > 0) return;
    // Whoever works with it now leaves it to the next end: this one may be on an event loop, and must not wait.
    const std::unique_lock guard(mutex_, std::try_to_lock);
    if (guard && users_ == 0) annotation_files_.clear();
}

Result<AnnotationTables> MailboxState::annotations(const AnnotationUser& user) {
    const std::scoped_lock guard(mutex_);
    auto shared = annotation_table(MessageAnnotationFile::shared());
    if (!shared) return fail(shared.error());
    auto own = annotation_table(MessageAnnotationFile::of(user));
    if (!own) return fail(own.error());
    return AnnotationTables{std::move(*shared), std::move(*own)};
}

Result<> MailboxState::check_annotations(const MessageAnnotationFile::Name& name,
                                         const std::vector<AnnotationRecord>& records,
                                         const AnnotationUser& user) const {
    std::uint64_t growth = 0;
    for (const AnnotationRecord& record : records)
        if (record.value) growth += record.entry.size() + record.value->size();
    if (growth == 0) return {};
    const Result<struct stat> there = stat_in(folder_->root(), name.file);
    if (!there && there.error().code != ErrorCode::not_found) return fail(there.error());
    const std::uint64_t size = growth + (there ? static_cast<std::uint64_t>(there->st_size) : 0);
    const Result<UniqueFd> root = open_file(account_root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    // What all see is the owner's to have.
    std::vector<std::string> files{MessageAnnotationFile::of(user).file};
    if (!user || name.file == MessageAnnotationFile::shared().file)
        files = {MessageAnnotationFile::shared().file, MessageAnnotationFile::of({}).file};
    return check_annotation_room(root->get(), store_->settings().layout, files, size, annotation_room);
}

Result<> MailboxState::change_annotations(MailboxEdit& edit, const std::vector<AnnotationRecord>& shared,
                                          const std::vector<AnnotationRecord>& own, const AnnotationUser& user) {
    const auto exists = [&](Uid uid) { return edit.find(uid.value()) != nullptr; };
    for (const auto& [records, name] :
         {std::pair(&shared, MessageAnnotationFile::shared()), std::pair(&own, MessageAnnotationFile::of(user))}) {
        if (records->empty()) continue;
        if (Result<> room = check_annotations(name, *records, user); !room) return room;
        const Result<MessageAnnotationFile*> file = annotation_file(name);
        if (!file) return fail(file.error());
        const Result<UidSet> done = (*file)->change(*folder_, *records, exists);
        if (!done) return fail(done.error());
        for (const std::uint32_t uid : edit.existing(*done)) edit.touch(uid);
    }
    return {};
}

Result<ConditionalStore> MailboxState::store_annotations(const UidSet& uids,
                                                         const std::vector<imap::AnnotationValue>& values,
                                                         const AnnotationUser& user,
                                                         std::optional<ModSeq> unchanged_since) {
    ConditionalStore outcome;
    std::vector<std::uint32_t> todo;
    std::size_t next = 0;
    bool first = true;
    do {
        Result<Work> work = begin_work();
        if (!work) return fail(work.error());
        if (std::exchange(first, false)) todo = work->edit.existing(uids);
        std::vector<AnnotationRecord> shared;
        std::vector<AnnotationRecord> own;
        const std::size_t end = std::min(todo.size(), next + messages_at_once(values));
        for (; next < end; ++next) {
            WorkCount::add_one();
            const Record* record = work->edit.find(todo[next]);
            if (record == nullptr) continue;
            const Uid uid(todo[next]);
            // Each piece anew: others had the locks in between.
            if (unchanged_since && record->flags.modseq > unchanged_since->value()) {
                outcome.modified.push_back(uid);
                continue;
            }
            outcome.stored.push_back({uid, {}});
            for (const imap::AnnotationValue& value : values)
                (value.scope == imap::AnnotationScope::shared ? shared : own)
                    .push_back({uid, value.entry, value.value});
        }
        // Durable before the index's row gets its modseq.
        const Result<> changed = change_annotations(work->edit, shared, own, user);
        if (work->edit.has_changes()) end_work(*work);
        if (!changed) return fail(changed.error());
    } while (next < todo.size());
    return outcome;
}

Result<> MailboxState::annotate(Work& work, const std::vector<Arrival>& arrivals, std::uint32_t first_uid,
                                WhenFull when_full) {
    std::vector<AnnotationRecord> shared;
    std::map<AnnotationUser, std::vector<AnnotationRecord>> own;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        const MessageAnnotations& annotations = arrivals[i].annotations;
        const Uid uid(first_uid + static_cast<std::uint32_t>(i));
        for (const auto& [entry, value] : annotations.shared) shared.push_back({uid, entry, value});
        for (const auto& [entry, value] : annotations.own) own[annotations.user].push_back({uid, entry, value});
    }
    const auto change = [&](const std::vector<AnnotationRecord>& all, const std::vector<AnnotationRecord>& users,
                            const AnnotationUser& user) -> Result<> {
        Result<> changed = change_annotations(work.edit, all, users, user);
        const bool may_stay_behind = when_full == WhenFull::leave_out;
        if (!changed && changed.error().code == ErrorCode::limit && may_stay_behind) return {};
        return changed;
    };
    if (Result<> done = change(shared, {}, {}); !done) return done;
    for (const auto& [user, records] : own)
        if (Result<> done = change({}, records, user); !done) return done;
    return {};
}

void MailboxState::drop_annotations(const std::vector<Uid>& gone) {
    const std::scoped_lock guard(mutex_);
    for (const MessageAnnotationFile::Name& name :
         {MessageAnnotationFile::shared(), MessageAnnotationFile::of(AnnotationUser())}) {
        if (!stat_in(folder_->root(), name.file)) continue;
        const Result<FileLock> flock = lock_folder();
        const Result<MessageAnnotationFile*> file = flock ? annotation_file(name) : fail(flock.error());
        const Result<> dropped = file ? (*file)->drop(*folder_, gone) : fail(file.error());
        // They are of messages that nobody can name any more.
        if (!dropped)
            log::warning("annotations of messages that are gone stay",
                         {{"folder", path_of(folder_->root())}, {"error", dropped.error().message()}});
    }
}

}  // namespace posthouse::storage
