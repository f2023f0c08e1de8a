// The handlers of LMTP commands. Each gets a valid command in a state that permits it.
#pragma once

#include "lib/net/async.h"
#include "lib/smtp/command.h"
#include "lmtpd/session.h"

namespace posthouse::lmtpd {

// connection.cpp
net::Async<Answer> lhlo(Session& session, smtp::Command command);
net::Async<Answer> noop(Session& session, smtp::Command command);
net::Async<Answer> vrfy(Session& session, smtp::Command command);
net::Async<Answer> quit(Session& session, smtp::Command command);
net::Async<Answer> xforward(Session& session, smtp::Command command);

// envelope.cpp
net::Async<Answer> mail(Session& session, smtp::Command command);
net::Async<Answer> rcpt(Session& session, smtp::Command command);
net::Async<Answer> rset(Session& session, smtp::Command command);

// bdat.cpp
/// Reads the chunk that follows in any case. `refused`: why it can't be performed now.
net::Async<Answer> bdat(Session& session, smtp::Bdat chunk, Answer refused);

// data.cpp
net::Async<Answer> data(Session& session, smtp::Command command);

}  // namespace posthouse::lmtpd
