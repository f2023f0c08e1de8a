// pop3d's application: store, disk pool and the connection to authd live as long as the process.
#include "pop3d/application.h"

#include <memory>

#include "lib/net/connect.h"
#include "pop3d/session.h"
#include "storage/configure.h"

namespace posthouse::pop3d {

daemon::Spec spec() {
    return {
        .name = "pop3d",
        .services = {{.listener = "pop3", .transport = daemon::Transport::plain},
                     {.listener = "pop3s", .transport = daemon::Transport::implicit_tls}},
        .connections = [](const config::Config& config) { return static_cast<std::size_t>(config.pop3d.connections); },
        .create = [](daemon::Daemon& daemon) { return std::make_unique<Application>(daemon); }};
}

Application::Application(daemon::Daemon& daemon)
    : daemon_(daemon),
      store_(storage::settings_from(*daemon.config())),
      disk_(daemon.loop(), static_cast<std::size_t>(daemon.config()->pop3d.threads)),
      quota_(daemon.loop(), store_, disk_, daemon.config()),
      auth_(daemon.loop(), daemon.config()->listen.login),
      guard_(daemon.loop(), daemon.config()->listen.guard) {}

net::Async<Result<>> Application::start() {
    daemon_.background().spawn(&quota::Service::run, &quota_, &daemon_.stopping());
    co_return Result<>{};
}

net::Async<> Application::serve(daemon::Connection& connection) {
    const Result<guard::Admission> admission = co_await guard_.connect(connection.listener, connection.peer);
    if (!admission) {
        connection.log.info("refused",
                            {{"peer", connection.peer.to_string()}, {"reason", admission.error().message()}});
        const std::string refusal = pop3::to_line(pop3::err(pop3::ResponseCode::sys_temp, admission.error().text));
        co_await connection.stream.write(refusal, net::Deadline::in(std::chrono::seconds(5)));
        co_return;
    }
    Session session({.store = store_, .disk = disk_, .quota = quota_, .auth = auth_, .metrics = daemon_.metrics()},
                    connection, daemon_.config(), daemon_.tls());
    co_await session.run();
}

std::string Application::overloaded_reply(std::string_view /*listener*/) const {
    return pop3::to_line(pop3::err(pop3::ResponseCode::sys_temp, "Too many connections, try again later"));
}

net::Async<Result<>> Application::ready() {
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(1));
    Result<net::Stream> authd = co_await net::connect_unix(daemon_.loop(), daemon_.config()->listen.login, deadline);
    if (!authd) co_return fail(ErrorCode::unavailable, "authd does not answer", authd.error().message());
    co_return Result<>{};
}

void Application::reloaded() { quota_.reloaded(daemon_.config()); }

net::Async<> Application::stop() {
    co_await quota_.stop();
    co_await guard_.stop();
    co_await auth_.close();
}

}  // namespace posthouse::pop3d
