// What repairs need of a mailbox: other base names, another identity, rows made anew; each under the mailbox's locks.
#include <stdio.h>

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
    Result<MailboxEdit> edit = synchronised_edit(true);
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
    const Result<MailboxEdit> edit = synchronised_edit(true);
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
            log::warning("message keeps its wrong name", {{"file", name}});
    }
    if (Result<> synced = sync_fd(m_.folder_->fresh(), "new/"); !synced) return synced;
    if (Result<> synced = sync_fd(m_.folder_->cur(), "cur/"); !synced) return synced;
    if (Result<> read = read_list(); !read) return read;
    if (m_.list_.exists())
        if (Result<> changed = m_.list_.change_bases(*m_.folder_, done); !changed) return changed;
    if (Result<> removed = remove_refile(m_.folder_->root()); !removed) return removed;
    has_found_something_ = true;
    m_.list_ = UidListFile();  // all lines are told anew, and the rows take them
    if (Result<> read = read_list(); !read) return read;
    return scan(true);
}

}  // namespace posthouse::storage
