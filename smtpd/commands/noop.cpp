// NOOP (RFC 5321 §4.1.1.9): nothing but an answer.
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<Answer> handle_noop(Session&, smtp::Command) { co_return smtp::Reply(250, "2.0.0", "Ok"); }

}  // namespace posthouse::smtpd
