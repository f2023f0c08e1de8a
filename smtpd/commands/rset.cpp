// RSET (RFC 5321 §4.1.1.5): ends the transaction, if there is one.
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<Answer> handle_rset(Session& session, smtp::Command) {
    session.transaction.reset();
    session.told_origin.reset();
    co_return smtp::Reply(250, "2.0.0", "Ok");
}

}  // namespace posthouse::smtpd
