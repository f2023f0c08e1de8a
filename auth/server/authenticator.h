// Authenticator: decides whether somebody may log in.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/passwords/scram.h"
#include "auth/server/cached_directory.h"
#include "auth/server/directory_keeper.h"
#include "auth/server/invented_salts.h"
#include "auth/server/recent_log_ins.h"
#include "auth/server/verdict_cache.h"
#include "auth/tokens/token_checker.h"
#include "guardd/client.h"
#include "guardd/penalties.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "lib/sasl/auth_command.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/scram_server.h"

namespace posthouse::auth {

/// Where a log-in comes from, as the asking daemon says; for penalties and the log.
struct Origin {
    std::string service;
    std::string remote_ip;
    std::string session;
    bool no_penalty = false;
};

Origin origin_of(const sasl::AuthCommand& command);

/// Who somebody says to be.
struct Claim {
    std::string user;              ///< as typed; `user*master` is the user that a master user wants to act as
    std::string authorization_id;  ///< whom to act as; empty: the user itself
    Origin origin;
    bool vouched = false;  ///< a certificate or a token tells who it is: no master user is named in `user`
};

/// Somebody who may log in.
struct Authenticated {
    std::string user;         ///< the address, as the directory has it
    sasl::Parameters fields;  ///< what else is told (user_fields.h), and master_user
};
using Verdict = std::expected<Authenticated, sasl::FailReply>;

/// A SCRAM log-in between its two halves.
struct ScramLogin {
    Claim claim;
    sasl::ScramHash hash = sasl::ScramHash::sha_256;
    std::string salt;
    std::uint64_t iterations = 0;
    std::optional<User> user;  ///< as it was looked up; nothing: no such user
    ScramSecret secret;        ///< neither keys nor password: SCRAM is not possible for this user
    std::string reason;        ///< why not, for the log
};

/// The order of things: penalty (guardd's, or our own table when it is away; who is banned is told "temporary failure"
/// here), look-up, hash. Half of the places in the queue for a hash are kept for users who logged in from the same
/// network lately; without a place the answer is "temporary failure". Failures are answered on a tick, half a tick
/// after they were asked at the earliest, so that their time does not tell whether the user exists, the password was
/// wrong, or the answer was remembered. Belongs to the loop's thread.
class Authenticator {
  public:
    Authenticator(daemon::Daemon& daemon, CachedDirectory& directory, DirectoryKeeper& keeper, net::Pool& lookups);

    /// Who it is, or why not.
    net::Async<Verdict> check_password(Claim claim, Secret password);
    /// The salt and the iterations for a user: stored ones, or invented ones that look the same. Fails only when the
    /// client is banned or the directory is away.
    net::Async<std::expected<ScramLogin, sasl::FailReply>> begin_scram(Claim claim, sasl::ScramHash hash);
    /// Whether the proof fits; `server_final` gets what proves this server to the client.
    net::Async<Verdict> check_scram(ScramLogin login, const sasl::ScramProof& proof, std::string& server_final);
    /// Somebody for whom another vouches: whether there is such a user, who may log in.
    net::Async<Verdict> check_vouched(Claim claim);
    /// Whose a bearer token is; then as check_vouched. `claim.user` is not looked at.
    net::Async<Verdict> check_token(Claim claim, Secret token);
    /// An exchange went wrong in a way that is suspicious: counts as a failure.
    net::Async<Verdict> deny(Claim claim, std::string reason);
    /// The mechanisms that are offered now.
    std::vector<std::string> mechanisms() const { return daemon_.config()->auth.mechanisms; }
    /// What a token must be good for, in one line.
    std::string token_scope() const;
    /// Reads the keys that sign tokens; again after a reload. Errors: as TokenChecker::make; then the old ones stay.
    Result<> read_token_keys();
    /// Ends the connection to guardd.
    net::Async<> stop();

  private:
    enum class Outcome { ok, wrong, disabled, unauthorized, expired, refused, temporary };
    struct Checked {
        Outcome outcome = Outcome::temporary;
        std::string user;      ///< as the directory has it, if it does
        std::string reason{};  ///< for the log
        std::string told{};    ///< to the client, of a failure; empty: nothing special
        sasl::Parameters fields{};
        std::string master{};        ///< who has proved who they are, if it is not the user
        std::string app_password{};  ///< the name of the one that was given, if one was
    };
    /// A claim in the words of the directory.
    struct Identity {
        std::string email;   ///< who is to prove who they are
        std::string target;  ///< whom they want to act as; empty: themselves
    };
    Result<Identity> identify(const Claim& claim) const;
    /// What penalties are counted for.
    std::string account_of(const Claim& claim) const;
    /// Waits as long as the answer is to be delayed. What it gives: whether it is refused.
    net::Async<guard::Penalty> serve_penalty(const Claim& claim, net::Deadline deadline);
    net::Async<guard::Penalty> ask_penalty(const std::string& ip, const std::string& user);
    net::Async<Result<std::optional<User>>> find(std::string email);
    net::Async<Result<std::vector<AppPassword>>> find_app_passwords(std::string email);
    /// What a password turned out to be.
    struct Match {
        bool right = false;
        std::optional<AppPassword> app;  ///< an app password; else the user's own
    };
    /// Errors: of what could not be looked up, when nothing else fits; of the user's own password, which cannot be
    /// verified. App passwords that cannot be are none.
    net::Async<Result<Match>> find_match(const User& user, const Secret& password, const Origin& origin,
                                         net::Deadline deadline);
    /// Why the user's own password does not serve for this log-in, though it is right.
    static std::optional<Checked> refuse_own(const User& user, const Claim& claim);
    /// The same of an app password.
    static std::optional<Checked> refuse_app(const User& user, const AppPassword& app, const Identity& identity,
                                             const Claim& claim);
    /// Has it written down, unless it was lately.
    void note_use(const AppPassword& app);
    net::Async<Checked> verify(const Claim& claim, const Secret& password, net::Deadline deadline);
    net::Async<Checked> verify_scram(const ScramLogin& login, const sasl::ScramProof& proof, std::string& server_final,
                                     net::Deadline deadline);
    net::Async<Checked> find_vouched(const Claim& claim);
    /// `claim.user` becomes whom the token names, or else whom the client wants to act as.
    net::Async<Checked> verify_token(Claim& claim, const Secret& token, net::Deadline deadline);
    /// The user as the directory has it now, after something took its time: who was disabled or removed meanwhile isn't
    /// let in by what was known before, nor is who was given another password: compare that.
    net::Async<std::expected<User, Checked>> find_again(const User& before);
    /// Who has no password waits for a turn as a hash would, so that a full queue doesn't tell either who exists.
    net::Async<Checked> refuse_in_turn(std::string user, std::string reason, net::Deadline deadline);
    /// `user` has proved who they are: whether they may log in, and act as whom they want.
    net::Async<Checked> admit(const User& user, const Identity& identity, const Claim& claim);
    /// Reports, counts, and waits for the tick with a failure.
    net::Async<Verdict> conclude(Checked checked, const Claim& claim, net::Clock::time_point begun);
    bool is_known(const User& user, const Origin& origin) const;
    /// Does `work`, a hash or what must seem to be one, on the hashing threads.
    net::Async<Result<bool>> in_turn(bool known, net::Deadline deadline, std::function<Result<bool>()> work);
    /// Has what is stored of a password that was right made anew, when it is weaker than what is made today.
    void renew(const User& user, const Secret& password);
    void report(const Checked& checked, const Claim& claim);
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
    std::shared_ptr<TokenChecker> tokens_;  ///< since the start
    net::Pool token_threads_;
    std::size_t token_places_;
    std::size_t tokens_now_ = 0;
    std::optional<InventedSalts> salts_;  ///< since the first SCRAM log-in
    metrics::Counter ok_;
    metrics::Counter failed_;
    metrics::Counter temporary_;
    metrics::Counter refused_;
    metrics::Histogram hash_seconds_;
};

}  // namespace posthouse::auth
