// Commands about the connection itself: STLS, CAPA, NOOP, XCLIENT, and QUIT with its UPDATE state.
#include "lib/daemon/origin.h"
#include "pop3d/commands/commands.h"

namespace posthouse::pop3d {

/// STLS (RFC 2595 §4). What the client sent after it in plain text is thrown away.
net::Async<Answer> stls(Session& session, pop3::Stls /*command*/) {
    if (!session.may_start_tls()) {
        session.count_error();
        co_return pop3::err("TLS is not available or already active");
    }
    const bool sent = co_await session.send(pop3::to_line(pop3::ok("Begin TLS negotiation")));
    if (sent) co_await session.start_tls();
    co_return std::nullopt;
}

/// CAPA (RFC 2449 §5): what is possible in this state.
net::Async<Answer> capa(Session& session, pop3::Capa /*command*/) {
    pop3::Capabilities offered;
    offered.stls = session.state() == State::authorization && session.may_start_tls();
    offered.user = session.may_use_user();
    offered.sasl_mechanisms = session.mechanisms();
    offered.xclient = session.state() == State::authorization && session.may_tell_origin();
    offered.implementation = "Posthouse";
    co_await session.send(pop3::capability_reply(offered));
    co_return std::nullopt;
}

/// NOOP (RFC 1939 §5).
net::Async<Answer> noop(Session& /*session*/, pop3::Noop /*command*/) { co_return pop3::ok(); }

/// XCLIENT, as Dovecot has it: a webmail or a proxy that is trusted by setting tells whose client it acts for.
net::Async<Answer> xclient(Session& session, pop3::Xclient command) {
    if (!session.may_tell_origin()) {
        session.count_error();
        co_return pop3::err("XCLIENT is not permitted from your address");
    }
    session.user_name.clear();
    if (command.address.empty()) co_return pop3::ok("Updated");
    Result<net::Address> origin = daemon::told_origin(command.address, command.port);
    if (!origin) {
        session.count_error();
        co_return pop3::err(origin.error().text);
    }
    const net::Address told_by = session.login_context().remote;
    session.log().info("acts for a client", {{"address", origin->ip()}, {"told_by", told_by.ip()}});
    session.set_origin(std::move(*origin));
    co_return pop3::ok("Updated");
}

/// QUIT (RFC 1939 §4, §6): after log-in the UPDATE state, which alone removes messages.
net::Async<Answer> quit(Session& session, pop3::Quit /*command*/) {
    session.end("quit");
    if (session.state() == State::authorization) co_return pop3::ok("Bye");
    Maildrop& maildrop = session.maildrop();
    const Result<> updated = co_await session.disk([&session, &maildrop] {
        const auto removal = session.quota().removal();
        return maildrop.update();
    });
    if (!updated) {
        session.log().error("cannot remove deleted messages", {{"error", updated.error().message()}});
        co_return pop3::err(pop3::ResponseCode::sys_temp, "Some deleted messages were not removed");
    }
    co_return pop3::ok("Bye");
}

}  // namespace posthouse::pop3d
