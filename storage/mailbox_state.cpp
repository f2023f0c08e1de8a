// A mailbox in memory: looking messages up, counting, noting changes.
#include "storage/mailbox_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "storage/mailbox_each.h"
#include "storage/mailbox_sync.h"
#include "storage/watch.h"

namespace posthouse::storage {

Result<std::shared_ptr<MailboxState>> MailboxState::open(std::shared_ptr<StoreState> store, std::string account_root,
                                                         const std::string& path) {
    Result<Folder> folder = Folder::open(path);
    if (!folder && folder.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, "Mailbox doesn't exist", folder.error().detail);
    if (!folder) return fail(folder.error());
    return std::make_shared<MailboxState>(std::move(store), std::move(account_root), std::move(*folder));
}

MailboxState::MailboxState(std::shared_ptr<StoreState> store, std::string account_root, Folder folder)
    : store_(std::move(store)),
      account_root_(std::move(account_root)),
      folder_(std::make_shared<const Folder>(std::move(folder))),
      log_(store_->settings().remembered_changes) {}

MailboxState::~MailboxState() { store_->forget(*this); }

Result<> MailboxState::check_alive() const {
    if (deleted_ || folder_->deleted()) return fail(ErrorCode::not_found, "Mailbox was deleted");
    return {};
}

Result<FileLock> MailboxState::lock_folder() const {
    return FileLock::take(folder_->cur(), store_->settings().lock_wait);
}

Result<> MailboxState::synchronise_locked(bool holds_flock, bool must_scan) {
    return MailboxSync(*this).run(holds_flock, must_scan);
}

Result<> MailboxState::synchronise() {
    const std::scoped_lock guard(mutex_);
    return synchronise_locked(false);
}

std::string MailboxState::guid() const {
    const std::scoped_lock guard(mutex_);
    return list_.header().guid;
}

UidValidity MailboxState::uid_validity() const {
    const std::scoped_lock guard(mutex_);
    return UidValidity(list_.header().uid_validity);
}

std::vector<std::string> MailboxState::keyword_names() const {
    const std::scoped_lock guard(mutex_);
    return keywords_.names();
}

bool MailboxState::may_create_keywords() const {
    const std::scoped_lock guard(mutex_);
    return !keywords_.full();
}

Result<Status> MailboxState::status() {
    const std::scoped_lock guard(mutex_);
    if (Result<> synchronised = synchronise_locked(false); !synchronised) return fail(synchronised.error());
    Status status;
    status.messages = static_cast<std::uint32_t>(records_.size());
    status.recent = fresh_;
    status.unseen = unseen_;
    status.deleted = deleted_messages_;
    status.uid_next = Uid(list_.next_uid());
    status.uid_validity = UidValidity(list_.header().uid_validity);
    return status;
}

std::optional<Uid> MailboxState::first_unseen() {
    const std::scoped_lock guard(mutex_);
    if (unseen_ == 0) return std::nullopt;
    const auto from = std::ranges::lower_bound(records_, unseen_from_, {}, &Record::uid);
    const auto found = std::find_if(from, records_.end(), [](const Record& r) { return !r.system.has(Flag::seen); });
    if (found == records_.end()) return std::nullopt;
    unseen_from_ = found->uid;
    return Uid(found->uid);
}

Result<Delta> MailboxState::refresh(ModSeq since, Access access) {
    const std::scoped_lock guard(mutex_);
    if (Result<> synchronised = synchronise_locked(false); !synchronised) return fail(synchronised.error());
    Delta delta;
    if (fresh_ > 0 && access == Access::read_write) {
        Result<std::vector<Uid>> claimed = claim();
        if (!claimed) return fail(claimed.error());
        delta.recent = std::move(*claimed);
    } else if (fresh_ > 0) {
        delta.recent = unclaimed();
    }
    delta.now = ModSeq(log_.now());
    delta.uid_next = Uid(list_.next_uid());
    if (since.value() == log_.now()) return delta;
    if (since.value() == 0 || since.value() < log_.floor()) {
        delta.whole = true;
        delta.uids.reserve(records_.size());
        for (const Record& record : records_) delta.uids.emplace_back(record.uid);
        return delta;
    }
    log_.each_since(since.value(), [&](const ChangeLog::Entry& entry) {
        if (entry.gone)
            delta.gone.emplace_back(entry.uid);
        else if (const Record* record = find(entry.uid))
            delta.flags.push_back({Uid(entry.uid), flags_of_record(*record)});
    });
    std::ranges::sort(delta.gone);
    std::ranges::sort(delta.flags, {}, &MessageFlags::uid);
    return delta;
}

std::vector<Uid> MailboxState::unclaimed() const {
    std::vector<Uid> found;
    for (std::size_t i = records_.size(); i > 0 && found.size() < fresh_; --i)
        if (records_[i - 1].fresh) found.emplace_back(records_[i - 1].uid);
    std::ranges::reverse(found);
    return found;
}

const Record* MailboxState::find(std::uint32_t uid) const {
    const auto record = std::ranges::lower_bound(records_, uid, {}, &Record::uid);
    return record != records_.end() && record->uid == uid ? &*record : nullptr;
}

std::vector<std::uint32_t> MailboxState::existing(const UidSet& uids) const {
    std::vector<std::uint32_t> found;
    each_record(records_, uids, [&](const Record& record) { found.push_back(record.uid); });
    return found;
}

const Keywords& MailboxState::keywords_of(std::uint32_t mask) const {
    const auto known = keyword_sets_.find(mask);
    if (known != keyword_sets_.end()) return known->second;
    // Letters can be combined at will by whoever names the files: what is remembered is bounded.
    constexpr std::size_t max_sets = 4096;
    if (keyword_sets_.size() >= max_sets) keyword_sets_.clear();
    return keyword_sets_.emplace(mask, keywords_.keywords_of(mask)).first->second;
}

Flags MailboxState::flags_of_record(const Record& record) const {
    Flags flags{record.system, {}};
    if (record.keywords != 0) flags.keywords = keywords_of(record.keywords);
    return flags;
}

std::string MailboxState::guid_of(const Record& record) const {
    const auto given = extra_in(record.extras, 'G');
    return std::string(given ? *given : record.base());
}

void MailboxState::count(const Record& record, int sign) {
    const auto step = static_cast<std::uint32_t>(sign);
    if (record.fresh) fresh_ += step;
    if (!record.system.has(Flag::seen)) unseen_ += step;
    if (record.system.has(Flag::deleted)) deleted_messages_ += step;
}

void MailboxState::insert(Record record) {
    const NameFlags flags = storage::flags_of(record.file);
    record.system = flags.system;
    record.keywords = flags.keywords;
    if (loaded_) log_.note(record.uid, false, record.changed);
    if (!record.system.has(Flag::seen)) unseen_from_ = std::min(unseen_from_, record.uid);
    count(record, 1);
    records_.push_back(std::move(record));
}

void MailboxState::sort_records() {
    if (!std::ranges::is_sorted(records_, {}, &Record::uid)) std::ranges::sort(records_, {}, &Record::uid);
    size_hint_.store(records_.size(), std::memory_order_relaxed);
}

void MailboxState::rename_record(Record& record, std::string file, bool fresh) {
    const NameFlags flags = storage::flags_of(file);
    count(record, -1);
    const bool flagged_anew = flags.system != record.system || flags.keywords != record.keywords;
    record.file = std::move(file);
    record.fresh = fresh;
    record.system = flags.system;
    record.keywords = flags.keywords;
    count(record, 1);
    if (!record.system.has(Flag::seen)) unseen_from_ = std::min(unseen_from_, record.uid);
    if (flagged_anew && loaded_) log_.note(record.uid, false, record.changed);
}

void MailboxState::drop(const std::vector<std::uint32_t>& uids) {
    if (uids.empty()) return;
    const auto first = std::ranges::lower_bound(records_, uids.front(), {}, &Record::uid);
    const auto kept = std::remove_if(first, records_.end(), [&](Record& record) {
        if (!std::ranges::binary_search(uids, record.uid)) return false;
        count(record, -1);
        log_.note(record.uid, true, record.changed);
        absent_.insert_or_assign(std::string(record.base()), Absent{record.uid, std::move(record.extras)});
        return true;
    });
    records_.erase(kept, records_.end());
    size_hint_.store(records_.size(), std::memory_order_relaxed);
}

void MailboxState::noted() { store_->watcher().changed(this); }

void MailboxState::own_change(Look& look, int folder) {
    const Result<Stamp> now = stamp_of(folder);
    if (!now) return;  // the old stamp stays: the folder is read again
    look.stamp = *now;
    look.at_ns = wall_clock_ns();
}

Result<const Record*> MailboxState::rescan_for(std::uint32_t uid) {
    if (Result<> synchronised = synchronise_locked(true, true); !synchronised) return fail(synchronised.error());
    return find(uid);
}

}  // namespace posthouse::storage
