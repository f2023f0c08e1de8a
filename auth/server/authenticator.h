// Authenticator: decides whether somebody may log in.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/server/cached_directory.h"
#include "auth/server/directory_keeper.h"
#include "auth/server/recent_log_ins.h"
#include "auth/server/verdict_cache.h"
#include "guardd/client.h"
#include "guardd/penalties.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "lib/sasl/auth_command.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/mechanism.h"

namespace posthouse::auth {

/// Where a log-in comes from, as the asking daemon says; for penalties and the log.
struct Origin {
    std::string service;
    std::string remote_ip;
    std::string session;
    bool no_penalty = false;
};

/// Somebody who may log in.
struct Authenticated {
    std::string user;         ///< the address, as the directory has it
    sasl::Parameters fields;  ///< what else is told (user_fields.h)
};

/// The order of things: penalty (guardd's, or our own table when it is away; who is banned is told "temporary failure"
/// here), look-up, hash. Half of the places in the
/// queue for a hash are kept for users who logged in from the same network lately; without a place the answer is
/// "temporary failure". Failures are answered on a tick, half a tick after they were asked at the earliest, so that
/// their time does not tell whether the user exists, the password was wrong, or the answer was remembered. Belongs to
/// the loop's thread.
class Authenticator {
  public:
    Authenticator(daemon::Daemon& daemon, CachedDirectory& directory, DirectoryKeeper& keeper, net::Pool& lookups);

    /// Who it is, or why not.
    net::Async<std::expected<Authenticated, sasl::FailReply>> check(sasl::Credentials credentials, Origin origin);
    /// Ends the connection to guardd.
    net::Async<> stop();

  private:
    enum class Outcome { ok, wrong, disabled, unauthorized, refused, temporary };
    struct Checked {
        Outcome outcome = Outcome::temporary;
        std::string user;    ///< as the directory has it, if it does
        std::string reason;  ///< for the log
        sasl::Parameters fields{};
    };
    /// Waits as long as the answer is to be delayed. What it gives: whether it is refused.
    net::Async<guard::Penalty> serve_penalty(std::string ip, std::string user, net::Deadline deadline);
    net::Async<guard::Penalty> ask_penalty(const std::string& ip, const std::string& user);
    net::Async<Checked> verify(const sasl::Credentials& credentials, const Origin& origin, net::Deadline deadline);
    /// Does `work`, a hash or what must seem to be one, on the hashing threads.
    net::Async<Result<bool>> in_turn(bool known, net::Deadline deadline, std::function<Result<bool>()> work);
    /// Has the hash of a password that was right made anew, when it is weaker than one made today.
    void rehash(const User& user, const Secret& password);
    void report(const Checked& checked, const sasl::Credentials& credentials, const Origin& origin);
    net::Async<> wait_for_tick(net::Clock::time_point begun);

    daemon::Daemon& daemon_;
    CachedDirectory& directory_;
    DirectoryKeeper& keeper_;
    net::Pool& lookups_;
    net::Pool hashing_;
    std::size_t hash_places_;
    std::size_t hashing_now_ = 0;
    guard::Client guard_;
    guard::Penalties own_penalties_;
    VerdictCache verdicts_;
    RecentLogIns recent_;
    metrics::Counter ok_;
    metrics::Counter failed_;
    metrics::Counter temporary_;
    metrics::Counter refused_;
    metrics::Histogram hash_seconds_;
};

}  // namespace posthouse::auth
