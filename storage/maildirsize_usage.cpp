// MaildirSizeUsage: what the file says, what is still to be added to it, and when neither can be trusted.
#include "storage/maildirsize_usage.h"

#include <algorithm>

#include "lib/base/log.h"
#include "storage/count_files.h"
#include "storage/store_state.h"

namespace posthouse::storage {
namespace {

using Clock = std::chrono::steady_clock;

/// Accounts in memory; those that have nothing to write are forgotten beyond.
constexpr std::size_t max_entries = 10'000;
constexpr std::chrono::seconds fresh{1};
constexpr int max_pause_factor = 64;

bool is_over(const Usage& usage, const QuotaLimit& limit) {
    return (limit.bytes > 0 && usage.bytes >= static_cast<std::int64_t>(limit.bytes)) ||
           (limit.messages > 0 && usage.messages >= static_cast<std::int64_t>(limit.messages));
}

bool is_old(std::int64_t changed_ns) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return now - std::chrono::nanoseconds(changed_ns) > over_quota_belief;
}

}  // namespace

/// One account. `pending` is what this process changed and the file doesn't say yet.
struct MaildirSizeUsage::Entry {
    Entry(AccountName name, std::string path, Moment first)
        : account(std::move(name)), root(std::move(path)), moment(first) {}

    const AccountName account;
    const std::string root;
    /// Another one whenever a count begins or ends, by whomever.
    std::atomic<Moment> moment;
    std::atomic<bool> begun = false;  ///< a change has asked for its moment

    std::mutex mutex;  // guards all below
    std::optional<MaildirSizeFile> file;
    SharedLimits limits = std::make_shared<QuotaLimits>();
    Usage pending;
    bool touched = false;   ///< changed since the last flush
    bool doubtful = false;  ///< the count may be wrong
    int pause_factor = 1;
    Clock::time_point looked{};  ///< at the file, last
    Clock::time_point count_not_before{};
    std::optional<Usage> told;  ///< by the last flush that told something

    Usage usage() const { return file ? file->content.usage + pending : pending; }
    bool idle() const { return pending == Usage{} && !touched && !doubtful; }
};

MaildirSizeUsage::MaildirSizeUsage(Store& store, std::chrono::milliseconds recount_pause)
    : store_(store), recount_pause_(recount_pause) {}
MaildirSizeUsage::~MaildirSizeUsage() = default;

std::shared_ptr<MaildirSizeUsage::Entry> MaildirSizeUsage::entry_of(const AccountName& account) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = entries_.find(account.text()); found != entries_.end()) return found->second;
    if (entries_.size() >= max_entries) forget_idle();
    // A forgotten account comes back with a moment that no change can have begun at.
    auto entry = std::make_shared<Entry>(account, store_.state().root_of(account), ++moments_);
    entries_.emplace(account.text(), entry);
    return entry;
}

/// With mutex_ held.
void MaildirSizeUsage::forget_idle() {
    std::erase_if(entries_, [](const auto& item) {
        const std::shared_ptr<Entry>& entry = item.second;
        if (entry.use_count() > 1) return false;
        const std::scoped_lock lock(entry->mutex);
        return entry->idle();
    });
}

/// Reads the file if it isn't as it was; counts when there is nothing to believe. With the entry's mutex held.
Result<> MaildirSizeUsage::look(Entry& entry) {
    const Result<MaildirSizeStamp> stamp = look_at_maildirsize(entry.root);
    if (!stamp) return fail(stamp.error());
    if (!entry.file || stamp_of(*entry.file) != *stamp) {
        Result<std::optional<MaildirSizeFile>> file = read_maildirsize(entry.root);
        if (!file) return fail(file.error());
        if (!*file) return count(entry);
        const bool is_replaced = entry.file && entry.file->identity != (*file)->identity;
        if (is_replaced) {
            // Somebody else counted: what began before may be in it.
            entry.moment = ++moments_;
            entry.doubtful = entry.doubtful || entry.pending != Usage{};
        }
        entry.file = std::move(*file);
    }
    entry.looked = Clock::now();
    if (is_over(entry.usage(), entry.limits->total()) && is_old(entry.file->changed_ns)) return count(entry);
    return {};
}

/// Counts the files and writes maildirsize. With the entry's mutex held.
Result<> MaildirSizeUsage::count(Entry& entry) {
    entry.moment = ++moments_;
    const Result<FileCount> counted = count_files(entry.root, store_.settings().layout, *entry.limits);
    entry.moment = ++moments_;
    if (!counted) return fail(counted.error());
    // What was changed before is in the count. What is being changed now will say that it began before the count's end.
    entry.pending = {};
    entry.doubtful = counted->disturbed;
    if (!entry.doubtful) entry.pause_factor = 1;
    entry.looked = Clock::now();
    Result<MaildirSizeFile> written = write_maildirsize(entry.root, {entry.limits->total(), counted->usage});
    if (written) {
        entry.file = std::move(*written);
        return {};
    }
    // No account yet, or no space for the file: the count holds all the same, until the next look.
    entry.file.reset();
    entry.pending = counted->usage;
    return {};
}

Result<Usage> MaildirSizeUsage::usage(const AccountName& account, const SharedLimits& limits) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    entry->limits = limits;
    if (const Result<> looked = look(*entry); !looked) return fail(looked.error());
    return entry->usage();
}

std::optional<Usage> MaildirSizeUsage::remembered(const AccountName& account) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::unique_lock lock(entry->mutex, std::try_to_lock);
    if (!lock || !entry->file || Clock::now() - entry->looked > fresh) return std::nullopt;
    return entry->usage();
}

UsageSource::Moment MaildirSizeUsage::moment(const AccountName& account) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    if (!entry->begun.exchange(true)) {
        // What the file says before the first change: later nobody could tell whether the change is in it.
        const std::scoped_lock lock(entry->mutex);
        if (!entry->file)
            if (Result<std::optional<MaildirSizeFile>> file = read_maildirsize(entry->root); file)
                entry->file = std::move(*file);
    }
    return entry->moment;
}

void MaildirSizeUsage::changed(const AccountName& account, const SharedLimits& limits, const Usage& change,
                               Moment begun) {
    if (change == Usage{}) return;
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    entry->limits = limits;
    entry->pending += change;
    entry->touched = true;
    if (begun != entry->moment) entry->doubtful = true;
}

void MaildirSizeUsage::changed_unknown(const AccountName& account, const SharedLimits& limits) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    entry->limits = limits;
    entry->touched = true;
    entry->doubtful = true;
    entry->count_not_before = {};
}

Result<Usage> MaildirSizeUsage::recount(const AccountName& account, const SharedLimits& limits) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    entry->limits = limits;
    entry->touched = true;
    if (const Result<> counted = count(*entry); !counted) return fail(counted.error());
    return entry->usage();
}

/// Brings the file up to date. With the entry's mutex held.
Result<> MaildirSizeUsage::write(Entry& entry, Flush flush) {
    if (!entry.doubtful && entry.file) {
        Result<std::optional<MaildirSizeFile>> file =
            add_to_maildirsize(entry.root, entry.file->identity, entry.pending, entry.limits->total());
        if (!file) return fail(file.error());
        if (*file) {
            entry.file = std::move(*file);
            entry.pending = {};
            entry.looked = Clock::now();
            return {};
        }
        // Removed, damaged, or counted by somebody else, who may have seen what is pending.
        entry.doubtful = true;
    }
    const Clock::time_point now = Clock::now();
    if (flush != Flush::last && now < entry.count_not_before) return {};
    entry.count_not_before = now + recount_pause_ * entry.pause_factor;
    entry.pause_factor = std::min(entry.pause_factor * 2, max_pause_factor);
    return count(entry);
}

std::vector<AccountUsage> MaildirSizeUsage::flush(Flush flush) {
    std::vector<std::shared_ptr<Entry>> entries;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [name, entry] : entries_) entries.push_back(entry);
    }
    std::vector<AccountUsage> news;
    for (const std::shared_ptr<Entry>& entry : entries) {
        const std::scoped_lock lock(entry->mutex);
        if (entry->idle()) continue;
        if (const Result<> written = write(*entry, flush); !written) {
            log::warning("cannot write maildirsize",
                         {{"account", entry->account.text()}, {"error", written.error().message()}});
            continue;
        }
        entry->touched = false;
        if (entry->told == entry->usage()) continue;
        entry->told = entry->usage();
        news.push_back({entry->account, *entry->told});
    }
    return news;
}

}  // namespace posthouse::storage
