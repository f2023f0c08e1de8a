// AccountQuota: what a session does to messages, within its user's quota.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox.h"
#include "storage/quota_keeper.h"

namespace posthouse::storage {

/// Something done, and the warning that was reached with it.
template <typename T>
struct Charged {
    T done;
    std::optional<config::QuotaWarning> warning;
};

/// A mailbox that is open, and the name by which rules know it.
struct NamedMailbox {
    Mailbox& mailbox;
    const MailboxName& name;
    bool is_elsewhere = false;  ///< in another account than the quota's
};

/// One account's quota. Without one everything fits, and nothing is counted. Thread-safe; what it was made of lives
/// longer. Calls block on disk. Errors beside those of the operation itself: over_quota, also where it would never fit.
class AccountQuota {
  public:
    /// No quota.
    AccountQuota() = default;
    AccountQuota(QuotaKeeper& keeper, AccountName account, SharedLimits limits)
        : keeper_(&keeper), account_(std::move(account)), limits_(std::move(limits)) {}

    /// It fits, as far as that is known without blocking; false: check() must look.
    bool surely_fits(const MailboxName& mailbox, const Usage& added) const;
    /// Would it fit now?
    Result<> check(const MailboxName& mailbox, const Usage& added) const;

    /// What is used of which limit, of all mail (rule "*"). Nothing: there is no quota.
    struct Standing {
        Usage used;
        QuotaLimit limit;
    };
    Result<std::optional<Standing>> standing() const;

    /// APPEND; room is needed for what the messages take on disk, which may be less or more than was announced.
    Result<Charged<Appended>> append(const NamedMailbox& target, std::vector<NewMessage> messages) const;
    /// `carried`: see Mailbox::copy.
    Result<Charged<Copied>> copy(const NamedMailbox& source, const UidSet& uids, const NamedMailbox& target,
                                 const Carried& carried = {}) const;
    /// Between mailboxes of the account that both count nothing is added: it always fits.
    Result<Charged<Copied>> move(const NamedMailbox& source, const UidSet& uids, const NamedMailbox& target,
                                 const Carried& carried = {}) const;
    /// To be held while messages are removed, or mailboxes deleted or renamed. Nothing: there is no quota.
    std::optional<Reservation> removal() const;

  private:
    Result<std::optional<Reservation>> reserve(const MailboxName& mailbox, const Usage& added) const;
    Result<std::optional<Reservation>> reserve_copy(Mailbox& source, const UidSet& uids, const MailboxName& target,
                                                    Usage& added) const;

    QuotaKeeper* keeper_ = nullptr;
    std::optional<AccountName> account_;
    SharedLimits limits_;
};

}  // namespace posthouse::storage
