// What repairs need of a mailbox: other base names, another identity, rows made anew; each under the mailbox's locks.
#include <stdio.h>

#include <set>
#include <unordered_map>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/mailbox_state.h"
#include "storage/mailbox_sync.h"
#include "storage/maildir_name.h"

namespace posthouse::storage {
namespace {

/// Names are changed so many at once: each time the whole list is written and the whole mailbox read.
constexpr std::size_t refile_size = 4096;

/// Out of the index with a mailbox, in pieces: its row first, so that nobody believes what is left.
Result<> forget_rows(const std::shared_ptr<Index>& index, const FolderKey& folder) {
    std::optional<MailboxRow> row;
    {
        Result<IndexWriter> writer = IndexWriter::begin(index);
        if (!writer) return fail(writer.error());
        row = writer->mailbox(folder);
        writer->erase_mailbox(folder);
        if (Result<> committed = writer->commit(); !committed) return committed;
    }
    return row ? erase_leftovers(index, row->number) : Result<>{};
}

}  // namespace

Result<> MailboxState::rename_bases(const BaseChanges& changes) {
    for (auto next = changes.begin(); next != changes.end();) {
        BaseChanges piece;
        for (; next != changes.end() && piece.size() < refile_size; ++next) piece.insert(*next);
        Result<Work> work = begin_work();
        if (!work) return fail(work.error());
        if (Result<> locked = lock_list(*work); !locked) return locked;
        if (Result<> written = write_refile(folder_->root(), piece); !written) return written;
        if (Result<> filed = MailboxSync(*this, work->edit).refile(piece); !filed) return filed;
        end_work(*work);
    }
    return {};
}

Result<> MailboxState::begin_anew() {
    const std::scoped_lock guard(mutex_);
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    Result<MailboxEdit> edit = synchronised_edit(Scan::always);
    if (!edit) return fail(edit.error());
    if (Result<> renewed = MailboxSync(*this, *edit).renew(random_hex(16)); !renewed) return renewed;
    edit->row().list = list_.position();
    Result<> committed = edit->commit(store_->settings().remembered_changes);
    deleted_ = true;  // for those who have it open here; others see it by the UIDVALIDITY
    store_->forget(*this);
    tell_others();
    return committed;
}

Result<> MailboxState::make_rows_anew() {
    const std::scoped_lock guard(mutex_);
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    const Result<std::shared_ptr<Index>> index = Index::get(index_place_);
    if (!index) return fail(index.error());
    if (Result<> forgotten = forget_rows(*index, key()); !forgotten) return forgotten;
    const Result<MailboxEdit> edit = synchronised_edit(Scan::always);
    tell_others();
    return edit ? Result<>{} : fail(edit.error());
}

Result<> MailboxSync::renew(const std::string& guid) {
    const Result<DotLock> lock =
        DotLock::take(*m_.folder_, uidlist_lock, m_.store_->locks(), m_.store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    if (Result<> read = read_list(); !read) return read;
    if (Result<> begun = begin_anew(guid); !begun) return begun;
    return number();
}

// The files first: a line gets its new base name when a file has it. In whatever state this is cut off, doing it again
// brings it to the same end.
Result<> MailboxSync::refile(const BaseChanges& changes) {
    std::unordered_map<std::string, Found> by_base;
    for (const bool fresh : {true, false}) {
        Result<std::vector<std::string>> names = message_names_in(m_.folder_of(fresh));
        if (!names) return fail(names.error());
        for (std::string& name : *names) {
            std::string base(base_of(name));
            by_base.insert_or_assign(std::move(base), Found{std::move(name), fresh});
        }
    }
    BaseChanges done;
    for (const auto& [from, to] : changes) {
        const auto file = by_base.find(from);
        const bool is_taken = by_base.contains(to);
        if (file == by_base.end()) {
            if (is_taken) done.emplace(from, to);  // renamed before this was cut off
            continue;
        }
        const std::string& name = file->second.file;
        const int folder = m_.folder_of(file->second.fresh);
        const std::string renamed = to + name.substr(from.size());
        if (!is_taken && ::renameat2(folder, name.c_str(), folder, renamed.c_str(), RENAME_NOREPLACE) == 0)
            done.emplace(from, to);
        else
            log::warning("message keeps its wrong name", {{"folder", path_of(m_.folder_->root())}, {"file", name}});
    }
    if (Result<> synced = sync_fd(m_.folder_->fresh(), "new/"); !synced) return synced;
    if (Result<> synced = sync_fd(m_.folder_->cur(), "cur/"); !synced) return synced;
    if (Result<> refiled = refile_further(done); !refiled) return refiled;
    if (Result<> read = read_list(); !read) return read;
    if (m_.list_.exists())
        if (Result<> changed = m_.list_.change_bases(*m_.folder_, done); !changed) return changed;
    if (Result<> removed = remove_refile(m_.folder_->root()); !removed) return removed;
    has_found_something_ = true;
    m_.list_ = UidListFile();  // all lines are told anew, and the rows take them
    if (Result<> read = read_locked_list(); !read) return read;
    return scan(true);
}

Result<> MailboxSync::refile_further(const BaseChanges& done) {
    if (Result<> read = read_further(); !read) return read;
    if (edit_.row().with_further == 0 && edit_.row().strays == 0) return {};
    std::set<std::string_view> bases;
    for (const auto& [from, to] : done) bases.insert(from);
    std::unordered_map<std::string, FurtherSet> of_messages;
    for (const std::uint32_t uid : edit_.named(bases))
        if (const Record* record = edit_.find(uid)) of_messages.emplace(record->file.base, record->further);
    std::vector<KeywordAssignment> assignments;
    for (const auto& [from, to] : done) {
        // Without a message where the file was renamed before this was cut off.
        const auto known = of_messages.find(from);
        FurtherSet set = known == of_messages.end() ? edit_.take_stray(from) : known->second;
        if (!set.empty()) assignments.push_back({to, std::move(set)});
    }
    if (Result<> assigned = m_.further_.assign(*m_.folder_, assignments, Durable::at_once); !assigned) return assigned;
    edit_.row().further = m_.further_.position();
    for (KeywordAssignment& assignment : assignments) edit_.put_stray(assignment.base, std::move(assignment.set));
    return {};
}

}  // namespace posthouse::storage
