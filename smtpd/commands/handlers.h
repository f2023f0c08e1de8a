// The handlers of the command table, each in a file of its own.
#pragma once

#include "lib/net/async.h"
#include "lib/smtp/command.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

net::Async<smtp::Reply> handle_hello(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_mail(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_rcpt(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_data(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_rset(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_vrfy(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_expn(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_help(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_noop(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_quit(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_starttls(Session& session, smtp::Command command);
net::Async<smtp::Reply> handle_auth(Session& session, smtp::Command command);

}  // namespace posthouse::smtpd
