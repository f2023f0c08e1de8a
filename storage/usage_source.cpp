// UsageSource: what was seen at the last look, what this process has added since, and what others are still to be told.
#include "storage/usage_source.h"

#include <algorithm>

#include "lib/base/log.h"
#include "storage/count_files.h"
#include "storage/index/index.h"
#include "storage/maildirsize.h"
#include "storage/store_state.h"
#include "storage/usage_look.h"

namespace posthouse::storage {
namespace {

using Clock = std::chrono::steady_clock;

/// Accounts in memory; those that have nothing to tell are forgotten beyond.
constexpr std::size_t max_entries = 10'000;

}  // namespace

/// One account.
struct UsageSource::Entry {
    Entry(std::shared_ptr<StoreState> store, AccountName name)
        : account(std::move(name)), root(store->root_of(account)), index(store->index_place(root)), look(store, root) {}

    const AccountName account;
    const std::string root;
    const IndexPlace index;

    std::mutex looking;  // one look at a time; taken before `mutex`
    UsageLook look;      // guarded by looking

    std::mutex mutex;                                       // guards all below; held for moments
    SharedLimits limits = std::make_shared<QuotaLimits>();  ///< the present ones
    SharedLimits seen_by;                                   ///< those of the last look
    std::optional<Usage> seen;
    Clock::time_point looked{};                ///< when the last look began
    Usage added;                               ///< by this process since then
    int changing = 0;                          ///< changes under way
    std::optional<Clock::time_point> touched;  ///< first change that flush() hasn't seen
    std::optional<Usage> told;

    Result<Usage> look_now(const SharedLimits& by) {
        const std::scoped_lock one(looking);
        const Clock::time_point began = Clock::now();
        {
            const std::scoped_lock lock(mutex);
            added = {};
            seen.reset();
        }
        Result<Usage> usage = look.usage(*by);
        if (!usage) return usage;
        const std::scoped_lock lock(mutex);
        limits = by;
        seen_by = by;
        seen = *usage;
        looked = began;
        return usage;
    }
    bool idle() {
        const std::scoped_lock lock(mutex);
        return changing == 0 && !touched;
    }
};

UsageSource::UsageSource(Store& store, std::chrono::milliseconds quiet) : store_(store), quiet_(quiet) {}
UsageSource::~UsageSource() = default;

std::shared_ptr<UsageSource::Entry> UsageSource::entry_of(const AccountName& account) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = entries_.find(account.text()); found != entries_.end()) return found->second;
    if (entries_.size() >= max_entries) forget_idle();
    auto entry = std::make_shared<Entry>(store_.shared_state(), account);
    entries_.emplace(account.text(), entry);
    return entry;
}

/// With mutex_ held.
void UsageSource::forget_idle() {
    std::erase_if(entries_, [](const auto& item) { return item.second.use_count() == 1 && item.second->idle(); });
}

Result<Usage> UsageSource::usage(const AccountName& account, const SharedLimits& limits) {
    return entry_of(account)->look_now(limits);
}

std::optional<Usage> UsageSource::remembered(const AccountName& account, const SharedLimits& limits) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    if (!entry->seen || Clock::now() - entry->looked > fresh) return std::nullopt;
    // Other rules may count other mailboxes.
    if (entry->seen_by != limits && *entry->seen_by != *limits) return std::nullopt;
    return *entry->seen + entry->added;
}

void UsageSource::begin_change(const AccountName& account, const SharedLimits& limits) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    ++entry->changing;
    entry->limits = limits;
    if (entry->touched) return;
    entry->touched = Clock::now();
    if (const Result<> removed = remove_maildirsize(entry->root); !removed)
        log::warning("cannot remove maildirsize", {{"account", account.text()}, {"error", removed.error().message()}});
}

void UsageSource::end_change(const AccountName& account, const Usage& added) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const std::scoped_lock lock(entry->mutex);
    --entry->changing;
    entry->added += {std::max<std::int64_t>(added.bytes, 0), std::max<std::int64_t>(added.messages, 0)};
}

Result<Recounted> UsageSource::recount(const AccountName& account, const SharedLimits& limits) {
    const std::shared_ptr<Entry> entry = entry_of(account);
    const Result<Usage> before = entry->look_now(limits);
    // Where it can't tell, it may be the index that is wrong.
    Recounted recounted{before.value_or(Usage{}), {}};
    const Result<FileCount> counted = count_files(entry->root, store_.settings().layout, *limits);
    if (!counted) return fail(counted.error());
    if (!before || (!counted->disturbed && counted->usage != *before)) {
        if (Result<> removed = Index::remove(entry->index); !removed) return fail(removed.error());
    }
    const Result<Usage> now = entry->look_now(limits);
    if (!now) return fail(now.error());
    recounted.now = *now;
    const std::scoped_lock lock(entry->mutex);
    if (!entry->touched) entry->touched = Clock::now();
    return recounted;
}

std::vector<AccountUsage> UsageSource::flush(Flush flush, std::chrono::milliseconds budget) {
    std::vector<std::pair<Clock::time_point, std::shared_ptr<Entry>>> due;
    const Clock::time_point began = Clock::now();
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [name, entry] : entries_) {
            const std::scoped_lock inner(entry->mutex);
            if (entry->touched && (flush == Flush::last || *entry->touched <= began - quiet_))
                due.emplace_back(*entry->touched, entry);
        }
    }
    std::ranges::sort(due, {}, [](const auto& item) { return item.first; });
    std::vector<AccountUsage> news;
    for (const auto& [touched, entry] : due) {
        if (std::optional<AccountUsage> usage = settle(*entry)) news.push_back(std::move(*usage));
        if (Clock::now() - began >= budget) break;
    }
    return news;
}

/// Brings an account's maildirsize up to date; gives its usage if that is news.
std::optional<AccountUsage> UsageSource::settle(Entry& entry) {
    SharedLimits limits;
    {
        const std::scoped_lock lock(entry.mutex);
        limits = entry.limits;
        entry.touched.reset();
    }
    const Result<Usage> usage = entry.look_now(limits);
    if (!usage) {
        log::warning("cannot tell what a mailbox takes",
                     {{"account", entry.account.text()}, {"error", usage.error().message()}});
        return std::nullopt;  // until the next change; maildirsize isn't there meanwhile
    }
    const MaildirSize content{limits->total(), *usage};
    const Result<std::optional<MaildirSize>> present = read_maildirsize(entry.root);
    if (!present || *present != content) {
        const Result<> written = write_maildirsize(entry.root, content);
        if (!written && written.error().code != ErrorCode::not_found)
            log::warning("cannot write maildirsize",
                         {{"account", entry.account.text()}, {"error", written.error().message()}});
    }
    const std::scoped_lock lock(entry.mutex);
    if (entry.changing > 0 || entry.touched) {
        // What is changing now may be in the count or not: others count for themselves until it is over.
        if (!entry.touched) entry.touched = Clock::now();
        if (const Result<> removed = remove_maildirsize(entry.root); !removed)
            log::warning("cannot remove maildirsize",
                         {{"account", entry.account.text()}, {"error", removed.error().message()}});
    }
    if (entry.told == *usage) return std::nullopt;
    entry.told = *usage;
    return AccountUsage{entry.account, *usage};
}

}  // namespace posthouse::storage
