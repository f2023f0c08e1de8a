// STARTTLS (RFC 3207 §4): encryption from here on. Everything said before is forgotten, everything sent before the
// handshake is discarded.
#include "smtpd/commands/handlers.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {

net::Async<Answer> handle_starttls(Session& session, smtp::Command) {
    if (session.tls()) co_return smtp::Reply(503, "5.5.1", "TLS is active already");
    std::shared_ptr<const net::TlsContext> context = session.parts.daemon.tls();
    if (context == nullptr) co_return smtp::Reply(454, "4.7.0", "TLS is not available");
    const net::Deadline deadline = net::Deadline::in(session.config->smtpd.command_timeout);
    net::Stream& stream = session.connection.stream;
    Result<> encrypted = co_await stream.write(smtp::Reply(220, "2.0.0", "Ready to start TLS").to_wire(), deadline);
    if (encrypted) encrypted = co_await stream.start_tls(std::move(context), deadline);
    if (!encrypted) {
        session.connection.log.info("TLS handshake failed", {{"address", session.connection.peer.ip()},
                                                             {"error", encrypted.error().message()}});
        session.ending = true;
        co_return smtp::Reply();
    }
    tell_tls(session);
    session.helo.clear();
    session.extended = false;
    session.transaction.reset();
    session.told_origin.reset();
    co_return smtp::Reply();
}

}  // namespace posthouse::smtpd
