// One POP3 connection (RFC 1939): its states, and what the commands need of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/client/auth_client.h"
#include "lib/config/config.h"
#include "lib/daemon/daemon.h"
#include "lib/metrics/metrics.h"
#include "lib/net/pool.h"
#include "lib/pop3/reply.h"
#include "pop3d/maildrop.h"
#include "quota/service.h"
#include "storage/store.h"

namespace posthouse::pop3d {

/// What all sessions of the process share.
struct Services {
    storage::Store& store;
    net::Pool& disk;
    quota::Service& quota;
    auth::AuthClient& auth;
    metrics::Registry& metrics;
};

/// RFC 1939 §3. The UPDATE state begins and ends within QUIT.
enum class State { authorization, transaction };

/// What a handler gives: the reply to send, or nothing when it has sent its whole (multi-line) reply itself.
using Answer = std::optional<pop3::Reply>;

class Session {
  public:
    Session(const Services& services, daemon::Connection& connection, config::Snapshot config,
            std::shared_ptr<const net::TlsContext> tls);

    /// From greeting to good-bye.
    net::Async<> run();

    // What commands see and do

    State state() const { return maildrop_ ? State::transaction : State::authorization; }
    /// Passwords may be sent: the connection is encrypted, or needn't be.
    bool may_send_password() const;
    /// USER and PASS may be used: passwords may be sent, and PLAIN, by which authd is asked, is among the mechanisms.
    bool may_use_user() const;
    /// The SASL mechanisms that are offered now.
    std::vector<std::string> mechanisms() const;
    /// The peer may tell whose client it acts for.
    bool may_tell_origin() const { return may_tell_origin_; }
    /// It acts for the client at `origin`: for that one a log-in counts.
    void set_origin(net::Address origin) { connection_.peer = std::move(origin); }
    /// STLS is possible now.
    bool may_start_tls() const { return tls_ != nullptr && !stream().tls(); }
    /// The handshake, after the +OK of STLS has been sent. False: the connection is of no more use.
    net::Async<bool> start_tls();

    /// Enters the TRANSACTION state.
    void logged_in(std::string user, Maildrop maildrop, storage::AccountQuota quota);
    /// Only in the TRANSACTION state.
    Maildrop& maildrop() { return *maildrop_; }
    const storage::AccountQuota& quota() const { return quota_; }

    /// Sends bytes, waiting for a slow client. False: the connection is of no more use; end the command.
    net::Async<bool> send(std::string_view bytes);
    /// The next line, for SASL. Nothing: the connection is of no more use. Too long: error `limit`.
    net::Async<std::optional<Result<std::string>>> read_line();
    /// Runs work that blocks on the disk pool, for the user who has logged in. Await it at once.
    template <typename F>
    auto disk(F work) {
        return services_.disk.run_for(user_, std::move(work));
    }
    /// Ends the session after this command.
    void end(std::string_view reason);
    /// A command was refused as wrong (not: as impossible now). Too many of them end the session.
    void count_error() { ++errors_; }
    /// Octets of content sent, for the log.
    void count_retrieved(std::uint64_t octets);

    const Services& services() const { return services_; }
    const config::Config& config() const { return *config_; }
    const log::SessionLog& log() const { return connection_.log; }
    /// Tells authd who asks.
    auth::LoginContext login_context() const;
    /// The end of the present wait for the client.
    net::Deadline deadline() const;

    std::string user_name;  ///< of USER, until PASS

  private:
    net::Stream& stream() const { return connection_.stream; }
    net::Async<> serve_commands();
    net::Async<> say_farewell();
    void failed(const Error& error);
    void log_end() const;

    Services services_;
    daemon::Connection& connection_;
    config::Snapshot config_;
    std::shared_ptr<const net::TlsContext> tls_;
    bool may_tell_origin_;
    net::Deadline login_deadline_;
    std::optional<Maildrop> maildrop_;
    storage::AccountQuota quota_;
    std::string user_;
    std::string end_reason_;  ///< not empty: the session ends
    std::int64_t errors_ = 0;
    std::uint64_t retrieved_ = 0;
    std::uint64_t retrieved_octets_ = 0;
};

}  // namespace posthouse::pop3d
