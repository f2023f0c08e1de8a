// What lmtpd, imapd and pop3d share about quota: users' limits, room in mailboxes, and reports to authd.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "auth/client/policy_client.h"
#include "lib/config/config.h"
#include "lib/net/event.h"
#include "lib/net/loop.h"
#include "lib/net/pool.h"
#include "lib/sasl/tabs.h"
#include "storage/account_quota.h"
#include "storage/quota_keeper.h"
#include "storage/store.h"
#include "storage/usage_source.h"

namespace posthouse::quota {

/// One per worker; belongs to the loop's thread, but for keeper(), which is storage's and thread-safe.
class Service {
  public:
    /// Work that blocks is done on `disk`.
    Service(net::Loop& loop, storage::Store& store, net::Pool& disk, config::Snapshot config);

    storage::QuotaKeeper& keeper() { return keeper_; }
    /// A user's limits: section [quota], with what authd told of the user (its fields quota_rule, quota_rule2, …).
    /// Null: quota is switched off.
    storage::SharedLimits limits(const sasl::Parameters& user_fields);
    /// What a session of this user goes by; without an effect when quota is switched off.
    storage::AccountQuota of(const storage::AccountName& account, const sasl::Parameters& user_fields);

    /// The configuration was read again: limits are made anew, for sessions that begin now.
    void reloaded(config::Snapshot config);
    /// Every few seconds tells others what this process has changed (maildirsize, authd); ends when `stopping` is
    /// notified or cancelled (Daemon::stopping()), after the last of it is told.
    static net::Async<> run(Service* service, net::Event* stopping);
    /// After run() has ended.
    net::Async<> stop();

  private:
    net::Async<> tell(storage::UsageSource::Flush flush);
    static net::Async<> report(Service* service, storage::AccountUsage usage);

    net::Loop& loop_;
    net::Pool& disk_;
    config::Snapshot config_;
    storage::UsageSource source_;
    storage::QuotaKeeper keeper_;
    auth::PolicyClient authd_;
    std::map<std::string, storage::SharedLimits> limits_;        ///< by the user's own rules
    std::map<std::string, storage::AccountUsage> not_reported_;  ///< authd was away
};

/// The user's own rules among what authd told.
std::vector<std::string> rules_in(const sasl::Parameters& user_fields);

}  // namespace posthouse::quota
