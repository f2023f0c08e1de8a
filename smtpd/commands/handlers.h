// The handlers of the command table, each in a file of its own.
#pragma once

#include <optional>
#include <string>

#include "lib/net/async.h"
#include "lib/smtp/command.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

net::Async<Answer> handle_hello(Session& session, smtp::Command command);
net::Async<Answer> handle_mail(Session& session, smtp::Command command);
net::Async<Answer> handle_rcpt(Session& session, smtp::Command command);
net::Async<Answer> handle_data(Session& session, smtp::Command command);
/// BDAT, wherever it comes. `refused`: it can't be performed now; its octets are read all the same.
net::Async<Answer> perform_bdat(Session& session, smtp::Bdat chunk, std::optional<smtp::Reply> refused);
net::Async<Answer> handle_rset(Session& session, smtp::Command command);
net::Async<Answer> handle_vrfy(Session& session, smtp::Command command);
net::Async<Answer> handle_expn(Session& session, smtp::Command command);
net::Async<Answer> handle_help(Session& session, smtp::Command command);
net::Async<Answer> handle_noop(Session& session, smtp::Command command);
net::Async<Answer> handle_quit(Session& session, smtp::Command command);
net::Async<Answer> handle_starttls(Session& session, smtp::Command command);
net::Async<Answer> handle_auth(Session& session, smtp::Command command);
net::Async<Answer> handle_xclient(Session& session, smtp::Command command);
net::Async<Answer> handle_xforward(Session& session, smtp::Command command);
/// What EHLO says of them, to those who may use them.
std::string xclient_offer();
std::string xforward_offer();

/// The connection ended, or the client paused too long, within the content: the reply, with code 0 when nobody hears
/// it.
smtp::Reply lost_within_message(Session& session, const Error& error);

}  // namespace posthouse::smtpd
