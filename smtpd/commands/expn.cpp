// EXPN (RFC 5321 §4.1.1.7): lists are not shown (RFC 5321 §7.3).
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<smtp::Reply> handle_expn(Session&, smtp::Command) {
    co_return smtp::Reply(252, "2.5.2", "Cannot expand the list; RCPT tells whether it exists");
}

}  // namespace posthouse::smtpd
