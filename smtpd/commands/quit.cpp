// QUIT (RFC 5321 §4.1.1.10): good-bye.
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<Answer> handle_quit(Session& session, smtp::Command) {
    session.ending = true;
    co_return smtp::Reply(221, "2.0.0", session.config->general.hostname + " closing connection");
}

}  // namespace posthouse::smtpd
