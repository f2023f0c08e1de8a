// The frame of a daemon. main.cpp is one call of run_daemon(); what the daemon does is an Application.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/http/message.h"
#include "lib/metrics/metrics.h"
#include "lib/net/address.h"
#include "lib/net/event.h"
#include "lib/net/loop.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"
#include "lib/net/tls.h"

namespace posthouse::daemon {

/// One connection of a client, as the frame hands it to Application::serve: PROXY header read, TLS begun where the
/// listener has it from the start.
struct Connection {
    net::Stream stream;
    net::Address peer;  ///< the client; behind a trusted proxy the real one
    net::Address local;
    std::string listener;  ///< "imaps"
    log::SessionLog log;   ///< its id is the session id, on every line
    std::string user{};    ///< who has logged in, as the directory calls them; the application tells it here
    bool kicked = false;   ///< an administrator ends the session: wait_input gives `draining`

    /// Why the session ends, for the client, when wait_input gives `draining`.
    std::string_view farewell() const {
        return kicked ? "Session ended by the administrator" : "Server is shutting down, try again later";
    }
};

/// What the frame offers to an Application. Belongs to the loop's thread.
class Daemon {
  public:
    virtual ~Daemon() = default;
    virtual net::Loop& loop() = 0;
    /// The present configuration; a session that keeps the snapshot sees no change in its middle.
    virtual config::Snapshot config() const = 0;
    /// Certificates for TLS; null when none are configured. A reload replaces it.
    virtual std::shared_ptr<const net::TlsContext> tls() const = 0;
    virtual metrics::Registry& metrics() = 0;
    /// "imapd"
    virtual std::string_view name() const = 0;
    /// For background work: children must end when `stopping()` is notified or cancelled; the frame joins them after
    /// all sessions have ended.
    virtual net::Scope& background() = 0;
    /// Cancelled when sessions have ended and background work is to end: wait on it with a deadline to do something
    /// periodically.
    virtual net::Event& stopping() = 0;
    /// Sessions that run now.
    virtual std::size_t sessions() const = 0;
};

/// What a daemon does. Made once per process; all calls on the loop's thread.
class Application {
  public:
    Application() = default;
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;
    virtual ~Application() = default;

    /// Before the first connection is accepted. A failure ends the process with that one line.
    virtual net::Async<Result<>> start() { co_return Result<>{}; }
    /// One session, from greeting to good-bye. When the daemon drains, Stream::wait_input gives `draining`. The frame
    /// closes the stream afterwards (politely), and logs nothing.
    virtual net::Async<> serve(Connection& connection) = 0;
    /// What a client is told, in the protocol's words with CRLF, when the worker has no room for one more session:
    /// "421 4.3.2 Too many connections\r\n". Empty: the connection is closed without a word.
    virtual std::string overloaded_reply(std::string_view listener) const {
        (void)listener;
        return {};
    }
    /// After a reload; config() and tls() are the new ones.
    virtual void reloaded() {}
    /// For /ready: whether the parts this daemon depends on answer. The error's text says which is away.
    virtual net::Async<Result<>> ready() { co_return Result<>{}; }
    /// A request on the control socket that only this daemon knows; nullopt: it knows none such.
    virtual net::Async<std::optional<http::Response>> control(const http::Request& request) {
        (void)request;
        co_return std::nullopt;
    }
    /// After the last session ended; close connections to other daemons here.
    virtual net::Async<> stop() { co_return; }
};

enum class Transport { plain, implicit_tls };

/// A listener that this daemon serves.
struct Service {
    std::string_view listener;  ///< name in section [listen] and in LISTEN_FDNAMES
    Transport transport = Transport::plain;
};

struct Spec {
    std::string_view name;  ///< "imapd"
    std::vector<Service> services;
    /// Most sessions at one time, e.g. [](const auto& c) { return c.imapd.connections; }
    std::function<std::size_t(const config::Config&)> connections;
    std::function<std::unique_ptr<Application>(Daemon&)> create;
};

/// Runs the daemon: load config, open log, take over or bind listeners, start, serve, and at SIGTERM or SIGINT drain.
/// SIGHUP reloads. Returns the exit code; a failure to start is one line on standard error (and in the log) and ≠ 0.
int run_daemon(int argc, char** argv, const Spec& spec);

}  // namespace posthouse::daemon
