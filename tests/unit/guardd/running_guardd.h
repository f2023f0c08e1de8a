// GuardTest: guardd itself on a Unix socket, without the frame of a daemon.
#pragma once

#include <gtest/gtest.h>

#include <list>
#include <string>
#include <utility>

#include "guardd/client.h"
#include "guardd/guardd.h"
#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::guard {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline net::Deadline soon() { return net::Deadline::in(seconds(20)); }

inline net::Address client_at(const char* ip) { return *net::Address::from_ip(ip, 40'000); }

inline config::Config configuration(const std::string& folder) {
    config::Config config;
    config.general.state_folder = folder;
    config.guard.connections_per_address = 2;
    config.guard.trusted_networks.clear();
    return config;
}

/// guardd on a socket, without the frame.
class Server {
  public:
    Server(net::Loop& loop, const std::string& folder)
        : loop_(loop),
          daemon_(loop, "guardd", configuration(folder)),
          guardd_(daemon_),
          listener_(loop, std::move(*net::listen_unix(folder + "/guard.sock"))),
          scope_(loop) {
        scope_.spawn(&Server::accept, this);
    }
    /// All connections end, and no new ones come.
    net::Async<> stop() {
        listener_.cancel();
        for (net::Stream* stream : streams_) stream->cancel();
        co_await scope_.join();
    }
    void drain() {
        for (net::Stream* stream : streams_) stream->drain();
    }
    Guardd& guardd() { return guardd_; }
    daemon::FakeDaemon& daemon() { return daemon_; }
    std::uint64_t counted() const { return guardd_.answers().connections().total(); }
    /// Waits until so many connections of clients are counted.
    net::Async<bool> counts(std::uint64_t expected) {
        const net::Deadline deadline = soon();
        while (counted() != expected && !deadline.passed())
            co_await loop_.sleep_until(net::Deadline::in(milliseconds(1)));
        co_return counted() == expected;
    }

  private:
    static net::Async<> accept(Server* server) {
        for (;;) {
            Result<net::Accepted> accepted = co_await server->listener_.accept();
            if (!accepted) co_return;
            server->scope_.spawn(&Server::serve, server, std::move(*accepted));
        }
    }
    static net::Async<> serve(Server* server, net::Accepted accepted) {
        daemon::Connection connection{net::Stream(server->loop_, std::move(accepted.socket)), std::move(accepted.peer),
                                      std::move(accepted.local), "guard", log::SessionLog("test")};
        const auto at = server->streams_.insert(server->streams_.end(), &connection.stream);
        co_await server->guardd_.serve(connection);
        co_await connection.stream.close(net::Deadline::in(milliseconds(100)));
        server->streams_.erase(at);
    }

    net::Loop& loop_;
    daemon::FakeDaemon daemon_;
    Guardd guardd_;
    net::Listener listener_;
    std::list<net::Stream*> streams_;
    net::Scope scope_;
};

class GuardTest : public testing::Test {
  protected:
    std::string socket() const { return folder_.path() + "/guard.sock"; }
    std::string snapshot() const { return folder_.path() + "/guard.json"; }

    TemporaryFolder folder_;
    net::Loop loop_;
};

}  // namespace posthouse::guard
