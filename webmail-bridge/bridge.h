// bridged: /health, /ready and /metrics of the whole server, on listener `http`.
#pragma once

#include <string>
#include <string_view>

#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "webmail-bridge/http_session.h"
#include "webmail-bridge/survey.h"

namespace posthouse::bridge {

class Bridge final : public daemon::Application, private Handler {
  public:
    explicit Bridge(daemon::Daemon& daemon);

    net::Async<> serve(daemon::Connection& connection) override;
    std::string overloaded_reply(std::string_view listener) const override;

  private:
    net::Async<http::Response> handle(const http::Request& request) override;
    void malformed(int status) override;
    net::Async<http::Response> health_page();
    net::Async<http::Response> ready_page();
    net::Async<http::Response> metrics_page();
    void count(std::string_view path, int status);

    struct Route;
    static const Route* route_of(std::string_view path);

    daemon::Daemon& daemon_;
    net::Pool pool_;
    Survey readiness_;
    Survey metrics_;
};

/// Runs the daemon; returns its exit code.
int run_bridged(int argc, char** argv);

}  // namespace posthouse::bridge
