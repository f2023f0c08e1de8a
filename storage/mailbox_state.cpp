// A mailbox's locks, and what its row in the index tells: counts, changes, names.
#include "storage/mailbox_state.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/base/log.h"
#include "storage/clock.h"
#include "storage/mailbox_sync.h"
#include "storage/watch.h"

namespace posthouse::storage {

namespace {

/// How often an index may be deleted while somebody fills it.
constexpr int index_tries = 5;

std::unexpected<Error> fail_lost() {
    return fail(ErrorCode::busy, "Mailbox is busy", "its index is deleted again and again");
}

}  // namespace

std::optional<Record> Snapshot::find(std::uint32_t uid) const {
    const FlagRow flags = reader.flags(row.number, uid);
    if (flags.place == Place::none) return std::nullopt;
    std::optional<FileRow> file = reader.file(row.number, uid);
    if (!file) return std::nullopt;
    return Record{uid, flags, std::move(*file)};
}

Result<std::shared_ptr<MailboxState>> MailboxState::open(std::shared_ptr<StoreState> store, std::string account_root,
                                                         const std::string& place) {
    const bool needs_cur = store->settings().layout.is_nested() && !place.empty();
    Result<Folder> folder = Folder::open(account_root, place, needs_cur ? MissingParts::need_cur : MissingParts::make);
    if (!folder && folder.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, "Mailbox doesn't exist", folder.error().detail);
    if (!folder) return fail(folder.error());
    return std::make_shared<MailboxState>(std::move(store), std::move(account_root), std::move(*folder));
}

MailboxState::MailboxState(std::shared_ptr<StoreState> store, std::string account_root, Folder folder)
    : store_(std::move(store)),
      account_root_(std::move(account_root)),
      index_place_(store_->index_place(account_root_)),
      folder_(std::make_shared<const Folder>(std::move(folder))),
      wake_keys_{WakeKey::of_mailbox(key()), store_->wake_key(account_root_)},
      keyword_sets_(std::make_shared<KeywordSets>(letters_, names_)) {}

MailboxState::~MailboxState() {
    flush_summaries();
    store_->forget(*this);
}

Result<> MailboxState::check_alive() const {
    if (deleted_ || folder_->deleted()) return fail(ErrorCode::not_found, "Mailbox was deleted");
    return {};
}

Result<FileLock> MailboxState::lock_folder() const {
    return FileLock::take(folder_->cur(), store_->settings().lock_wait);
}

Result<IndexReader> MailboxState::reader() const { return IndexReader::begin(index_place_); }

Result<Snapshot> MailboxState::snapshot(Names names) {
    for (int left = index_tries; left > 0; --left) {
        Result<IndexReader> opened = reader();
        if (!opened) return fail(opened.error());
        const std::optional<MailboxRow> row = opened->mailbox(key());
        if (Result<> read = opened->status(); !read) return fail(read.error());
        if (row) {
            const std::scoped_lock guard(mutex_);
            // Behind the reader: another process names a letter before a message has it.
            if (names == Names::all)
                if (Result<> reloaded = reload_letters(); !reloaded) return fail(reloaded.error());
            if (Result<> taken = take_names(*opened, *row); !taken) return fail(taken.error());
            return Snapshot{std::move(*opened), *row, keyword_sets_};
        }
        // The index was lost under a running session.
        if (Result<> synchronised = synchronise(); !synchronised) return fail(synchronised.error());
    }
    return fail_lost();
}

Result<Snapshot> MailboxState::look() {
    bool must_scan = is_distrusted_.exchange(false, std::memory_order_relaxed);
    {
        const std::scoped_lock guard(mutex_);
        if (Result<> alive = check_alive(); !alive) return fail(alive.error());
        Result<IndexReader> opened = reader();
        if (!opened) return fail(opened.error());
        const std::optional<MailboxRow> row = opened->mailbox(key());
        if (row) {
            const Result<bool> up_to_date = is_up_to_date(*row);
            if (!up_to_date) return fail(up_to_date.error());
            must_scan = must_scan && row->cur.at_ns - row->cur.stamp.changed_ns < young_ns;
            if (*up_to_date && !must_scan) {
                if (Result<> taken = take_names(*opened, *row); !taken) return fail(taken.error());
                return Snapshot{std::move(*opened), *row, keyword_sets_};
            }
        }
    }
    if (Result<> synchronised = synchronise(must_scan); !synchronised) return fail(synchronised.error());
    return snapshot(Names::all);
}

Result<> MailboxState::synchronise(bool must_scan) {
    const std::scoped_lock guard(mutex_);
    const Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    const Result<MailboxEdit> edit = synchronised_edit(must_scan ? Scan::always : Scan::as_needed);
    return edit ? Result<>{} : fail(edit.error());
}

Result<> MailboxState::verify() {
    Result<> verified = synchronise(true);
    verifies_.store(false);
    return verified;
}

Result<bool> MailboxState::is_up_to_date(const MailboxRow& row) {
    // A row that is out of date may tell of a mailbox that lay here before: it says nothing about who this is.
    if (known_validity_ != 0)
        if (Result<> taken = take_identity(row.list); !taken) return fail(taken.error());
    list_.resume(row.list);
    const Result<bool> list_changed = list_.changed(*folder_);
    if (!list_changed) return fail(list_changed.error());
    if (Result<> reloaded = reload_letters(); !reloaded) return fail(reloaded.error());
    further_.resume(row.further);
    const Result<bool> further_changed = further_.changed(*folder_);
    if (!further_changed) return fail(further_changed.error());
    const Result<Stamp> cur = stamp_of(folder_->cur());
    const Result<Stamp> fresh = stamp_of(folder_->fresh());
    if (!cur) return fail(cur.error());
    if (!fresh) return fail(fresh.error());
    const Doubt in_cur = doubt_about_cur(row.cur, *cur);
    needs_verification_.store(in_cur == Doubt::young, std::memory_order_relaxed);
    const bool is_true = !*list_changed && !*further_changed && in_cur != Doubt::certain &&
                         doubt_about_fresh(row.fresh_look, *fresh) == Doubt::none &&
                         (in_cur == Doubt::none || row.cur.cost_ns > cheap_ns);
    if (is_true) known_validity_ = row.list.uid_validity;
    return is_true;
}

Result<> MailboxState::take_identity(const UidListPosition& position) {
    if (known_validity_ != 0 && position.uid_validity != known_validity_) {
        // Another mailbox in the same place, as far as a client can tell: its sessions end.
        deleted_ = true;
        store_->forget(*this);
        return fail(ErrorCode::not_found, "Mailbox was deleted", "its UIDVALIDITY changed");
    }
    known_validity_ = position.uid_validity;
    return {};
}

Result<MailboxEdit> MailboxState::synchronised_edit(Scan scan) {
    if (Result<> alive = check_alive(); !alive) return fail(alive.error());
    for (int left = index_tries; left > 0; --left) {
        Result<IndexReader> opened = reader();
        if (!opened) return fail(opened.error());
        MailboxEdit edit(std::move(*opened), key());
        list_.resume(edit.row().list);
        MailboxSync sync(*this, edit);
        if (Result<> run = sync.run(scan); !run) return fail(run.error());
        if (Result<> taken = take_identity(list_.position()); !taken) return fail(taken.error());
        if (!sync.has_found_something()) return edit;
        const bool is_told = edit.has_changes();
        if (Result<> committed = edit.commit(store_->settings().remembered_changes); !committed)
            return fail(committed.error());
        if (is_told) tell_others();
        Result<IndexReader> again = reader();
        if (!again) return fail(again.error());
        MailboxEdit done(std::move(*again), key());
        // Lost since the commit: an index that knows nothing is not to be taken for an empty mailbox.
        if (done.is_known()) return done;
    }
    return fail_lost();
}

Result<MailboxState::Work> MailboxState::begin_work(Scan scan) {
    std::unique_lock guard(mutex_);
    Result<FileLock> flock = lock_folder();
    if (!flock) return fail(flock.error());
    Result<MailboxEdit> edit = synchronised_edit(scan);
    if (!edit) return fail(edit.error());
    return Work{.guard = std::move(guard), .flock = std::move(*flock), .edit = std::move(*edit)};
}

Result<> MailboxState::lock_list(Work& work) {
    if (work.list_lock) return {};
    Result<DotLock> lock = DotLock::take(*folder_, uidlist_lock, store_->locks(), store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    work.list_lock.emplace(std::move(*lock));
    return {};
}

void MailboxState::end_work(Work& work) {
    // Deliveries take no lock: what comes meanwhile is in the time of new/ as well, but that time is young, and a young
    // new/ is read at the next look.
    const auto own = [](bool touched, Look& look, int folder) {
        if (look.at_ns == 0) return;  // it is to be read again, for more than what was done here
        const Result<Stamp> now = touched ? stamp_of(folder) : Result<Stamp>(look.stamp);
        if (!now || *now == look.stamp) return;  // not to be had: the folder is read again
        look.stamp = *now;
        look.at_ns = wall_clock_ns();
    };
    own(work.touched_cur, work.edit.row().cur, folder_->cur());
    own(work.touched_fresh, work.edit.row().fresh_look, folder_->fresh());
    work.edit.row().list = list_.position();
    work.edit.row().further = further_.position();
    const bool is_told = work.edit.has_changes();
    const Result<> committed = work.edit.commit(store_->settings().remembered_changes);
    if (!committed)
        log::warning("change can't be noted in the index",
                     {{"folder", path_of(folder_->root())}, {"error", committed.error().message()}});
    if (is_told)
        tell_others();
    else
        store_->watcher().forgive(wake_key());
}

Result<> MailboxState::rescan(Work& work) {
    end_work(work);
    // A synchronisation takes this lock itself.
    const bool was_locked = work.list_lock.has_value();
    work.list_lock.reset();
    Result<MailboxEdit> edit = synchronised_edit(Scan::always);
    if (!edit) return fail(edit.error());
    work.edit = std::move(*edit);
    return was_locked ? lock_list(work) : Result<>{};
}

std::string MailboxState::guid() const {
    const std::scoped_lock guard(mutex_);
    return list_.guid();
}

UidValidity MailboxState::uid_validity() const {
    const std::scoped_lock guard(mutex_);
    return UidValidity(list_.uid_validity());
}

std::vector<std::string> MailboxState::keyword_names() const {
    const std::scoped_lock guard(mutex_);
    return keyword_sets_->names();
}

bool MailboxState::may_create_keywords() const {
    const std::scoped_lock guard(mutex_);
    return letters_.room() > 0 || further_.room() > 0;
}

Result<Status> MailboxState::status() {
    const Result<Snapshot> now = look();
    if (!now) return fail(now.error());
    return status_at(now->row);
}

Status MailboxState::status_at(const MailboxRow& row) {
    Status status;
    status.messages = row.messages;
    status.recent = row.fresh;
    status.unseen = row.unseen;
    status.deleted = row.deleted;
    status.bytes = row.bytes;
    status.highest_modseq = ModSeq(row.modseq);
    status.uid_next = Uid(next_uid_of(row.list));
    status.uid_validity = UidValidity(row.list.uid_validity);
    return status;
}

std::optional<Uid> MailboxState::first_unseen() {
    const Result<Snapshot> now = snapshot();
    std::optional<Uid> found;
    if (!now || now->row.unseen == 0) return found;
    now->reader.each_flags(now->row.number, 0, std::numeric_limits<std::uint32_t>::max(),
                           [&](std::uint32_t uid, const FlagRow& flags) {
                               if (!SystemFlags::from_bits(flags.system).has(Flag::seen)) found = Uid(uid);
                               return !found;
                           });
    return found;
}

Result<UidRanges> MailboxState::all_uids(const IndexReader& reader, const MailboxRow& row) {
    KnownUids known;
    {
        const std::scoped_lock guard(known_uids_mutex_);
        known = known_uids_;
    }
    if (known.at.value() == row.modseq) return std::move(known.uids);
    bool follows = known.at != ModSeq() && known.at.value() >= row.floor && known.at.value() < row.modseq;
    if (follows) {
        std::vector<Uid> gone;
        std::vector<Uid> added;
        reader.each_change(row.number, known.at.value(), [&](std::uint32_t uid, bool is_gone, std::uint64_t) {
            const bool exists = !is_gone && reader.flags(row.number, uid).place != Place::none;
            (exists ? added : gone).emplace_back(uid);
        });
        std::ranges::sort(gone);
        std::ranges::sort(added);
        known.uids.erase(gone);
        for (const Uid uid : added) {
            if (known.uids.contains(uid)) continue;
            // One that was missing for a while and came back has its place among the others.
            if (!known.uids.empty() && uid < known.uids.back()) follows = false;
            known.uids.push_back(uid);
        }
    }
    if (!follows) {
        known.uids.clear();
        reader.each_flags(row.number, 0, std::numeric_limits<std::uint32_t>::max(),
                          [&](std::uint32_t uid, const FlagRow&) {
                              known.uids.push_back(Uid(uid));
                              return true;
                          });
    }
    if (Result<> read = reader.status(); !read) return fail(read.error());
    const std::scoped_lock guard(known_uids_mutex_);
    if (known_uids_.at.value() < row.modseq) known_uids_ = {ModSeq(row.modseq), known.uids};
    return std::move(known.uids);
}

Result<Delta> MailboxState::refresh(ModSeq since, Access access) {
    flush_summaries();
    Result<Snapshot> now = look();
    if (!now) return fail(now.error());
    Delta delta;
    if (now->row.fresh > 0 && access == Access::read_write) {
        Result<std::vector<Uid>> claimed = claim();
        if (!claimed) return fail(claimed.error());
        delta.recent = std::move(*claimed);
        now = snapshot(Names::all);
        if (!now) return fail(now.error());
    }
    const IndexReader& reader = now->reader;
    const MailboxRow& row = now->row;
    const auto all_from = [&](std::uint32_t first, auto call) {
        reader.each_flags(row.number, first, std::numeric_limits<std::uint32_t>::max(),
                          [&](std::uint32_t uid, const FlagRow& flags) {
                              call(Uid(uid), flags);
                              return true;
                          });
    };
    if (row.fresh > 0 && access == Access::read_only)
        all_from(row.first_fresh, [&](Uid uid, const FlagRow& flags) {
            if (flags.place == Place::fresh) delta.recent.push_back(uid);
        });
    delta.now = ModSeq(row.modseq);
    delta.uid_next = Uid(next_uid_of(row.list));
    if (since.value() == row.modseq) return delta;
    if (since.value() == 0 || since.value() < row.floor || since.value() > row.modseq) {
        delta.whole = true;
        Result<UidRanges> uids = all_uids(reader, row);
        if (!uids) return fail(uids.error());
        delta.uids = std::move(*uids);
        return delta;
    }
    reader.each_change(row.number, since.value(), [&](std::uint32_t uid, bool is_gone, std::uint64_t changed) {
        // Who reads what is nobody else's affair, and their flags are as they were. The reader's own views find it in
        // the reader's file. Only the MODSEQ tells everybody, as there is one for all (RFC 7162 §3.1).
        if (changed <= since.value()) return;
        const FlagRow flags = is_gone ? FlagRow() : reader.flags(row.number, uid);
        if (flags.place == Place::none)
            delta.gone.emplace_back(uid);
        else
            delta.flags.push_back({Uid(uid), now->flags_of(uid, flags), ModSeq(flags.modseq)});
    });
    if (Result<> read = reader.status(); !read) return fail(read.error());
    std::ranges::sort(delta.gone);
    std::ranges::sort(delta.flags, {}, &MessageFlags::uid);
    return delta;
}

Result<MessageChanges> MailboxState::changes_since(ModSeq since) {
    const Result<Snapshot> now = snapshot();
    if (!now) return fail(now.error());
    const MailboxRow& row = now->row;
    MessageChanges changes;
    if (since.value() == 0 || since.value() < row.floor || since.value() > row.modseq) {
        changes.whole = true;
        now->reader.each_flags(row.number, 0, std::numeric_limits<std::uint32_t>::max(),
                               [&](std::uint32_t uid, const FlagRow& flags) {
                                   if (flags.modseq > since.value()) changes.changed.emplace_back(uid);
                                   return true;
                               });
    } else {
        now->reader.each_change(row.number, since.value(), [&](std::uint32_t uid, bool is_gone, std::uint64_t) {
            const bool exists = !is_gone && now->reader.flags(row.number, uid).place != Place::none;
            (exists ? changes.changed : changes.gone).emplace_back(uid);
        });
        std::ranges::sort(changes.changed);
        std::ranges::sort(changes.gone);
    }
    if (Result<> read = now->reader.status(); !read) return fail(read.error());
    return changes;
}

}  // namespace posthouse::storage
