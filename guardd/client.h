// The client of guardd: how smtpd, imapd, pop3d and authd ask what must be counted once for all workers.
// It never blocks or fails a session: when guardd is away or slow, connections are let in and penalties are unknown; a
// message waits until guardd has had the time to start again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "guardd/questions.h"
#include "lib/base/result.h"
#include "lib/net/address.h"
#include "lib/net/async.h"
#include "lib/net/loop.h"

namespace posthouse::guard {

class Client;

/// A connection that was let in. guardd counts it until this is destroyed; the Client must live longer.
class Admission {
  public:
    /// Counts nothing.
    Admission() = default;
    Admission(Admission&& other) noexcept;
    Admission& operator=(Admission&& other) noexcept;
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    ~Admission() { end(); }

    /// Ends the count early.
    void end();

  private:
    friend class Client;
    Admission(Client& client, std::string service, std::string ip)
        : client_(&client), service_(std::move(service)), ip_(std::move(ip)) {}

    Client* client_ = nullptr;
    std::string service_;
    std::string ip_;
};

/// How patient a Client is.
struct ClientTimes {
    std::chrono::milliseconds answer{1000};  ///< how long a question may take; then guardd counts as away
    std::chrono::milliseconds pause{1000};   ///< between attempts to reach a guardd that is away
    /// How long after its loss guardd may be about to come back: messages wait for it so long.
    std::chrono::milliseconds patience{2000};
};

/// One connection to guardd for a whole worker, made at the first question and again when it is lost; open admissions
/// are told anew then. A question is answered within a second, whatever guardd does, one about a message within four.
/// Belongs to the loop's thread.
///
///     Result<guard::Admission> admission = co_await guard.connect("imap", connection.peer);
///     if (!admission) { /* say admission.error().text in the protocol's words, and end */ }
class Client {
  public:
    /// `socket`: config listen.guard; empty: there is no guardd, everything is allowed at once.
    Client(net::Loop& loop, std::string socket, ClientTimes times = {});
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    /// After stop(), unless nothing was ever asked.
    ~Client();

    /// May a client at `peer` use `service` (the listener's name)? Only IP addresses are counted. Keep the Admission as
    /// long as the session. Errors: limit, with a text for the client: "Too many connections from your address".
    net::Async<Result<Admission>> connect(std::string_view service, const net::Address& peer);

    /// How long the answer to this log-in shall be delayed, for the failures of the client's network and of the
    /// account, or that it is to be refused. `ip` without port, as authd gets it; empty when unknown. nullopt: guardd
    /// is away, use a table of your own.
    net::Async<std::optional<Penalty>> auth_penalty(std::string_view ip, std::string_view user);
    /// A log-in failed because of its credentials. Sent in the background; lost when guardd is away.
    void auth_failure(std::string_view ip, std::string_view user);
    /// A log-in succeeded: forgives the failures of this network with this account.
    void auth_success(std::string_view ip, std::string_view user);

    /// The message that about_message() tells of, counted unless a limit speaks against it. When guardd is away for
    /// longer than a restart takes, it is taken and not counted. Errors: limit, try again later; denied, it exceeds a
    /// limit by itself; with a text for the client.
    net::Async<Result<>> message(policy::Request about);

    /// The last question got no answer.
    bool away() const;
    /// Sends what waits, and closes the connection: all counts end. To be awaited in Application::stop().
    net::Async<> stop();

  private:
    friend class Admission;
    struct State;
    void disconnect(const std::string& service, const std::string& ip);
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::guard
