// QuotaKeeper: decides what fits, and keeps room for what is on its way, so that messages at one time can't overshoot.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "storage/quota.h"
#include "storage/usage_source.h"

namespace posthouse::storage {

class QuotaKeeper;
class ReservedRoom;

/// Room for something that is on its way into a mailbox. Dropped without commit(), it is free again.
class Reservation {
  public:
    Reservation(Reservation&&) noexcept;
    Reservation& operator=(Reservation&&) = delete;
    Reservation(const Reservation&) = delete;
    ~Reservation();

    /// It is in the mailbox: `stored` is what it takes. Gives the warning that is reached with it.
    std::optional<config::QuotaWarning> commit(const Usage& stored);

  private:
    friend class QuotaKeeper;
    explicit Reservation(std::unique_ptr<ReservedRoom> room);
    std::unique_ptr<ReservedRoom> room_;
};

/// One per process, before its UsageSource. Thread-safe; calls block as the source's do.
class QuotaKeeper {
  public:
    explicit QuotaKeeper(UsageSource& source) : source_(source) {}

    /// Would `added` fit? over_quota: not now; limit: never, it is larger than the quota. `added` may be nothing.
    Result<> check(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                   const Usage& added, LastMail last);
    /// The same without blocking; nothing: check() must look.
    std::optional<Result<>> quick_check(const AccountName& account, const SharedLimits& limits,
                                        const MailboxName& mailbox, const Usage& added, LastMail last);
    /// Takes room, before the files are made. Errors as check().
    Result<Reservation> reserve(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                                const Usage& added, LastMail last);
    /// For messages that need no room, for they are removed, or moved within the account; before that is done.
    Reservation without_room(const AccountName& account, const SharedLimits& limits);

  private:
    friend class ReservedRoom;
    struct Held;
    std::shared_ptr<Held> held_for(const AccountName& account);
    void drop(const AccountName& account, std::shared_ptr<Held> held);

    UsageSource& source_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Held>> held_;  // accounts with room taken; guarded by mutex_
};

}  // namespace posthouse::storage
