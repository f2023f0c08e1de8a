// The handlers of the command table, each in a file of its own.
#pragma once

#include <string>

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
net::Async<smtp::Reply> handle_xclient(Session& session, smtp::Command command);
/// What EHLO says of it, to those who may use it.
std::string xclient_offer();

}  // namespace posthouse::smtpd
