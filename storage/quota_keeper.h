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

/// Room for something that is on its way into a mailbox; kept for the moment in which files are put into place, never
/// while a client is waited for. Dropped without commit(), it is free again.
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

/// One per process, beside its UsageSource. Thread-safe; calls block on disk, unless they say otherwise.
///
/// Far from every limit, what is remembered decides. Near one, those who add to an account stand in line, among all
/// processes, behind a flock on its tmp/, and each looks anew: so the limit holds exactly. That lock is taken before
/// all locks of mailboxes (STATES.md); who needs several reservations takes them in the order of the accounts' names.
class QuotaKeeper {
  public:
    QuotaKeeper(Store& store, UsageSource& source) : store_(store), source_(source) {}
    QuotaKeeper(const QuotaKeeper&) = delete;
    QuotaKeeper& operator=(const QuotaKeeper&) = delete;

    /// Would `added` fit now? over_quota: not now; limit: never, it is larger than the quota. `added` may be nothing:
    /// is there room at all? Other errors: it can't be told.
    Result<> check(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                   const Usage& added, LastMail last);
    /// What the account's counted mail takes now.
    Result<Usage> usage(const AccountName& account, const SharedLimits& limits) {
        return source_.usage(account, limits);
    }
    /// It fits, as far as that is known without blocking; false: check() must look.
    bool surely_fits(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                     const Usage& added);
    /// Takes room, before the files are made. Errors as check(); busy: others keep the line too long. `beside`: a
    /// reservation for the same account that the caller has already, and whose place in line serves for both.
    Result<Reservation> reserve(const AccountName& account, const SharedLimits& limits, const MailboxName& mailbox,
                                const Usage& added, LastMail last, const Reservation* beside = nullptr);
    /// For messages that need no room, for they are removed, or moved within what is counted; before that is done.
    Reservation without_room(const AccountName& account, const SharedLimits& limits);

  private:
    friend class ReservedRoom;
    struct Held;
    std::shared_ptr<Held> held_for(const AccountName& account);
    void drop(const AccountName& account, std::shared_ptr<Held> held);
    Result<> decide(ReservedRoom& room, const std::shared_ptr<Held>& held, const MailboxName& mailbox,
                    const Usage& added, LastMail last, const ReservedRoom* beside);

    Store& store_;
    UsageSource& source_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Held>> held_;  // accounts with room taken; guarded by mutex_
};

}  // namespace posthouse::storage
