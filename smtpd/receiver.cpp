// Receiver: the Application of smtpd.
#include "smtpd/receiver.h"

#include "lib/base/log.h"
#include "smtpd/session.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {

/// Mail for this server goes on without the spool, as far as it can be delivered at once.
net::Async<Result<>> Receiver::start() {
    Result<> opened = co_await parts_.queue.open();
    if (!opened) log::error("cannot open the spool", {{"error", opened.error().message()}});
    Forwarding& forwarding = parts_.forwarding;
    const auto load = [&forwarding] { return forwarding.load(); };
    Result<> loaded = co_await parts_.disk.run(load);
    if (!loaded) log::error("no mail is forwarded to other servers", {{"error", loaded.error().message()}});
    co_return Result<>{};
}

net::Async<> Receiver::serve(daemon::Connection& connection) {
    connection.log.debug("connect", {{"listener", connection.listener}, {"address", connection.peer.ip()}});
    Result<guard::Admission> admission = co_await parts_.guard.connect(connection.listener, connection.peer);
    Session session(parts_, connection);
    tell_connected(session);
    if (admission) {
        co_await converse(session);
    } else {
        co_await turn_away(session, admission.error().text);
    }
    tell_ended(session);
    connection.log.debug("disconnect", {{"address", connection.peer.ip()}});
}

std::string Receiver::overloaded_reply(std::string_view) const {
    return smtp::Reply(421, "4.3.2", "Too many connections, try again later").to_wire();
}

net::Async<Result<>> Receiver::ready() {
    const net::Deadline deadline = net::Deadline::in(std::chrono::seconds(2));
    Result<bool> directory = co_await parts_.directory.is_local_domain("invalid", deadline);
    if (!directory) co_return fail(ErrorCode::unavailable, "authd: " + directory.error().text);
    Result<> delivery = co_await parts_.lmtp.probe(deadline);
    if (!delivery) co_return fail(ErrorCode::unavailable, "lmtpd: " + delivery.error().text);
    Result<> spool = co_await parts_.queue.open();
    if (!spool) co_return fail(ErrorCode::unavailable, "spool: " + spool.error().text);
    co_return Result<>{};
}

net::Async<> Receiver::stop() {
    co_await parts_.lmtp.close();
    co_await parts_.quota.close();
    co_await parts_.auth.close();
    co_await parts_.directory.close();
    co_await parts_.guard.stop();
    co_await parts_.known_domains.stop();
    co_await parts_.story.stop();
}

daemon::Spec spec() {
    return {
        .name = "smtpd",
        .services = {{"smtp", daemon::Transport::plain},
                     {"submission", daemon::Transport::plain},
                     {"submissions", daemon::Transport::implicit_tls}},
        .connections = [](const config::Config& config) { return static_cast<std::size_t>(config.smtpd.connections); },
        .create = [](daemon::Daemon& frame) { return std::make_unique<Receiver>(frame); }};
}

}  // namespace posthouse::smtpd
