// UsageSource: how much an account's mail takes. What quota decisions stand on; who counts, and how, is behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

/// Thread-safe. Calls may block on disk, unless they say otherwise. What is counted: the messages of all mailboxes
/// that the limits count. All callers give an account's present limits.
class UsageSource {
  public:
    /// When a change began, for changed().
    using Moment = std::uint64_t;

    UsageSource() = default;
    UsageSource(const UsageSource&) = delete;
    UsageSource& operator=(const UsageSource&) = delete;
    virtual ~UsageSource() = default;

    /// The usage now, with what this process changed.
    virtual Result<Usage> usage(const AccountName& account, const SharedLimits& limits) = 0;
    /// The same without a look at the disk, if that was looked at within the last second. Doesn't block.
    virtual std::optional<Usage> remembered(const AccountName& account) = 0;

    /// To be asked before files are added or removed. Reads a small file at most.
    virtual Moment moment(const AccountName& account) = 0;
    /// Files were added or removed since `begun`: `change` more than before. Doesn't block on disk for long.
    virtual void changed(const AccountName& account, const SharedLimits& limits, const Usage& change, Moment begun) = 0;
    /// Files were added or removed, and nobody knows how many: mailboxes were deleted or renamed.
    virtual void changed_unknown(const AccountName& account, const SharedLimits& limits) = 0;

    /// Counts the files anew.
    virtual Result<Usage> recount(const AccountName& account, const SharedLimits& limits) = 0;

    enum class Flush { now_and_then, last };
    /// Tells other processes what this one changed; to be called every few seconds, and once at the end. Gives the
    /// accounts whose usage changed since the last call.
    virtual std::vector<AccountUsage> flush(Flush flush) = 0;
};

}  // namespace posthouse::storage
