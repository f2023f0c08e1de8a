// lmtpd's application: store, disk pool and the connection to authd live as long as the process.
#include "lmtpd/application.h"

#include <memory>

#include "lib/net/connect.h"
#include "lmtpd/quota_check.h"
#include "lmtpd/session.h"
#include "storage/configure.h"

namespace posthouse::lmtpd {

daemon::Spec spec() {
    return {
        .name = "lmtpd",
        .services = {{.listener = "lmtp", .transport = daemon::Transport::plain},
                     {.listener = "quota", .transport = daemon::Transport::plain}},
        .connections = [](const config::Config& config) { return static_cast<std::size_t>(config.lmtpd.connections); },
        .create = [](daemon::Daemon& daemon) { return std::make_unique<Application>(daemon); }};
}

Application::Application(daemon::Daemon& daemon)
    : daemon_(daemon),
      store_(storage::settings_from(*daemon.config())),
      disk_(daemon.loop(), static_cast<std::size_t>(daemon.config()->lmtpd.threads)),
      quota_(daemon.loop(), store_, disk_, daemon.config()),
      users_(daemon.loop(), daemon.config()->listen.userdb),
      counters_(daemon.metrics(), static_cast<std::size_t>(daemon.config()->lmtpd.metric_domains)),
      story_(daemon) {}

net::Async<Result<>> Application::start() {
    daemon_.background().spawn(&quota::Service::run, &quota_, &daemon_.stopping());
    co_return Result<>{};
}

net::Async<> Application::serve(daemon::Connection& connection) {
    const auto config = [this] { return daemon_.config(); };
    if (connection.listener == "quota") {
        const Result<> ended = co_await serve_quota_questions(connection.stream, quota_, disk_, users_, config);
        if (!ended && ended.error().code != ErrorCode::closed)
            connection.log.warning("connection ended", {{"listener", "quota"}, {"reason", ended.error().message()}});
        co_return;
    }
    Session session({.store = store_,
                     .disk = disk_,
                     .quota = quota_,
                     .users = users_,
                     .counters = counters_,
                     .story = story_,
                     .config = config},
                    connection);
    co_await session.run();
}

std::string Application::overloaded_reply(std::string_view listener) const {
    if (listener == "quota") return {};
    return smtp::Reply(421, "4.3.2", "Too many connections, try again later").to_wire();
}

net::Async<Result<>> Application::ready() {
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(1));
    Result<net::Stream> authd = co_await net::connect_unix(daemon_.loop(), daemon_.config()->listen.userdb, deadline);
    if (!authd) co_return fail(ErrorCode::unavailable, "authd does not answer", authd.error().message());
    co_return Result<>{};
}

void Application::reloaded() { quota_.reloaded(daemon_.config()); }

net::Async<> Application::stop() {
    co_await users_.close();
    co_await quota_.stop();
    co_await story_.stop();
}

}  // namespace posthouse::lmtpd
