// UsageSource: how much an account's mail takes, for quota decisions, for reports, and for the file maildirsize.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/quota.h"
#include "storage/store.h"

namespace posthouse::storage {

using SharedLimits = std::shared_ptr<const QuotaLimits>;

/// An account whose usage is not as it was when it was told last.
struct AccountUsage {
    AccountName account;
    Usage usage;
};

/// What a recount found.
struct Recounted {
    Usage before;  ///< what the index told
    Usage now;     ///< what the files tell
};

/// One per process. Usage is what the index's rows tell where the folders don't contradict them (usage_look.h), so it
/// cannot drift; maildirsize is written for others and never read here as a count. Thread-safe.
class UsageSource {
  public:
    /// A figure is remembered for so long.
    static constexpr std::chrono::seconds fresh{1};

    /// `quiet`: how long after a first change flush() waits, for others to come.
    explicit UsageSource(Store& store, std::chrono::milliseconds quiet = std::chrono::seconds(5));
    UsageSource(const UsageSource&) = delete;
    UsageSource& operator=(const UsageSource&) = delete;
    ~UsageSource();

    /// The usage of the mailboxes that `limits` counts, now; blocks on disk. No account: nothing. busy, no_space, io.
    Result<Usage> usage(const AccountName& account, const SharedLimits& limits);
    /// What was counted within the last second, and what this process has added since; too much rather than too little.
    /// Nothing: usage() must look. Doesn't block.
    std::optional<Usage> remembered(const AccountName& account, const SharedLimits& limits);

    /// Files are to be added or removed. The first change since the last flush() removes maildirsize, so that it is
    /// right or not there, whatever happens; each is followed by an end_change().
    void begin_change(const AccountName& account, const SharedLimits& limits);
    /// `added` is what was added, nothing where messages were removed. Doesn't touch the disk.
    void end_change(const AccountName& account, const Usage& added);

    /// Counts the files, and makes the index anew if it tells something else.
    Result<Recounted> recount(const AccountName& account, const SharedLimits& limits);

    enum class Flush { now_and_then, last };
    /// Looks at accounts that changed, the first to change first, until `budget` is used up (one in any case), and
    /// writes their maildirsize. To be called every few seconds, and at the end. Gives those whose usage changed since
    /// they were told.
    std::vector<AccountUsage> flush(Flush flush, std::chrono::milliseconds budget = std::chrono::seconds(1));

  private:
    struct Entry;
    std::shared_ptr<Entry> entry_of(const AccountName& account);
    void forget_idle();
    static std::optional<AccountUsage> settle(Entry& entry);

    Store& store_;
    const std::chrono::milliseconds quiet_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;  // by AccountName::text(); guarded by mutex_
};

}  // namespace posthouse::storage
