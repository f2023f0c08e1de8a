// VRFY (RFC 5321 §4.1.1.6): answers the same for every address, so that nobody can collect users (RFC 5321 §7.3).
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<smtp::Reply> handle_vrfy(Session&, smtp::Command) {
    co_return smtp::Reply(252, "2.5.2", "Cannot verify the user; RCPT tells");
}

}  // namespace posthouse::smtpd
