// Server: base of the stand-ins for authd and lmtpd: accepts on a Unix socket, one coroutine per connection.
#pragma once

#include <chrono>
#include <list>
#include <string>

#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"

namespace posthouse::smtpd {

inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

class Server {
  public:
    Server(net::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)), scope_(loop) {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    virtual ~Server() = default;

    const std::string& path() const { return path_; }
    void start();
    /// No new connections; those that are open end.
    net::Async<> stop();
    /// Closes the open connections, as a restart would.
    void drop_connections();
    int connections = 0;  ///< accepted so far

  protected:
    virtual net::Async<> serve(net::Stream& stream) = 0;
    net::Loop& loop() { return loop_; }

  private:
    static net::Async<> accept(Server* server);
    static net::Async<> run(Server* server, net::Accepted accepted);

    net::Loop& loop_;
    std::string path_;
    net::Scope scope_;
    std::unique_ptr<net::Listener> listener_;
    std::list<net::Stream*> streams_;
};

}  // namespace posthouse::smtpd
