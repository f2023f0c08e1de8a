// imapd's application: store, disk pool and the connections to authd and guardd live as long as the process.
#include "imapd/application.h"

#include <memory>

#include "imapd/session.h"
#include "lib/imap/strings.h"
#include "lib/net/connect.h"
#include "storage/configure.h"

namespace posthouse::imapd {

daemon::Spec spec() {
    return {
        .name = "imapd",
        .services = {{.listener = "imap", .transport = daemon::Transport::plain},
                     {.listener = "imaps", .transport = daemon::Transport::implicit_tls}},
        .connections = [](const config::Config& config) { return static_cast<std::size_t>(config.imapd.connections); },
        .create = [](daemon::Daemon& daemon) { return std::make_unique<Application>(daemon); }};
}

Application::Application(daemon::Daemon& daemon)
    : daemon_(daemon),
      store_(storage::settings_from(*daemon.config())),
      disk_(daemon.loop(), static_cast<std::size_t>(daemon.config()->imapd.threads)),
      quota_(daemon.loop(), store_, disk_, daemon.config()),
      auth_(daemon.loop(), daemon.config()->listen.login),
      users_(daemon.loop(), daemon.config()->listen.userdb),
      guard_(daemon.loop(), daemon.config()->listen.guard),
      watches_(daemon.loop(), store_.watcher()) {}

net::Async<Result<>> Application::start() {
    daemon_.background().spawn(&WatchHub::run, &watches_);
    daemon_.background().spawn(&quota::Service::run, &quota_, &daemon_.stopping());
    co_return Result<>{};
}

net::Async<> Application::serve(daemon::Connection& connection) {
    const Result<guard::Admission> admission = co_await guard_.connect(connection.listener, connection.peer);
    if (!admission) {
        const std::string bye = "* BYE [LIMIT] " + imap::reply_text(admission.error().text) + "\r\n";
        co_await connection.stream.write(bye, net::Deadline::in(std::chrono::seconds(5)));
        connection.log.warning("refused", {{"peer", connection.peer.to_string()}, {"reason", admission.error().text}});
        co_return;
    }
    Session session({.loop = daemon_.loop(),
                     .store = store_,
                     .disk = disk_,
                     .quota = quota_,
                     .auth = auth_,
                     .users = users_,
                     .guard = guard_,
                     .watches = watches_,
                     .connections = connections_,
                     .waiting = waiting_,
                     .orders = orders_,
                     .metrics = daemon_.metrics(),
                     .background = daemon_.background()},
                    connection, daemon_.config(), daemon_.tls());
    co_await session.run();
}

std::string Application::overloaded_reply(std::string_view /*listener*/) const {
    return "* BYE [UNAVAILABLE] Too many connections, try again later\r\n";
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
    watches_.stop();
    co_await auth_.close();
    co_await users_.close();
    co_await guard_.stop();
}

}  // namespace posthouse::imapd
