// One LMTP connection (RFC 2033): its state, and what the commands need of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/client/userdb_client.h"
#include "lib/config/config.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "lib/smtp/reply.h"
#include "lib/story/writer.h"
#include "lmtpd/counters.h"
#include "lmtpd/transaction.h"
#include "quota/service.h"
#include "storage/store.h"

namespace posthouse::lmtpd {

/// What all sessions of the process share.
struct Services {
    storage::Store& store;
    net::Pool& disk;
    quota::Service& quota;
    auth::UserdbClient& users;
    Counters& counters;
    story::Writer& story;
    /// As it is now: connections live for hours.
    std::function<config::Snapshot()> config;
};

/// What a handler gives: the reply to send, or nothing when it has sent its replies itself.
using Answer = std::optional<smtp::Reply>;

class Session {
  public:
    /// Refused commands after which the connection is closed. Peers are mail servers: more is a fault, not a typing
    /// error.
    static constexpr int error_limit = 100;

    Session(const Services& services, daemon::Connection& connection);

    /// From greeting to good-bye.
    net::Async<> run();

    // What commands see and do

    /// The client's name after LHLO; empty before.
    std::string client_name;
    /// Between MAIL and the end of the data.
    std::optional<Transaction> transaction;
    Forwarded forwarded;

    /// Ends the transaction, if there is one, and forgets what XFORWARD told (RFC 5321 §4.1.1.5).
    void reset();
    /// Sends replies. False: the connection is of no more use.
    net::Async<bool> send(std::string_view bytes);
    /// Ends the session after this command.
    void end(std::string_view reason);
    /// The connection failed: ends the session.
    void failed(const Error& error);
    /// A command was refused as wrong.
    void count_error() { ++errors_; }

    const Services& services() const { return services_; }
    /// The same within a transaction.
    const config::Config& config() const { return *config_; }
    const log::SessionLog& log() const { return connection_.log; }
    net::Stream& stream() const { return connection_.stream; }
    const daemon::Connection& connection() const { return connection_; }
    /// The end of the present wait for the client.
    net::Deadline deadline() const { return net::Deadline::in(config_->lmtpd.timeout); }

  private:
    net::Async<> serve_commands();
    net::Async<bool> wait_for_command();
    net::Async<> say_good_bye(smtp::Reply reply, std::string_view reason);

    Services services_;
    daemon::Connection& connection_;
    config::Snapshot config_;
    std::string end_reason_;  ///< not empty: the session ends
    int errors_ = 0;
};

}  // namespace posthouse::lmtpd
