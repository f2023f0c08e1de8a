// The handlers of POP3 commands. Each gets a valid command in a state that permits it.
#pragma once

#include "lib/net/async.h"
#include "lib/pop3/command.h"
#include "pop3d/session.h"

namespace posthouse::pop3d {

// login.cpp
net::Async<Answer> user(Session& session, pop3::User command);
net::Async<Answer> pass(Session& session, pop3::Pass command);
net::Async<Answer> apop(Session& session, pop3::Apop command);
net::Async<Answer> auth(Session& session, pop3::Auth command);

// connection.cpp
net::Async<Answer> stls(Session& session, pop3::Stls command);
net::Async<Answer> capa(Session& session, pop3::Capa command);
net::Async<Answer> noop(Session& session, pop3::Noop command);
net::Async<Answer> quit(Session& session, pop3::Quit command);
net::Async<Answer> xclient(Session& session, pop3::Xclient command);

// listing.cpp
net::Async<Answer> stat(Session& session, pop3::Stat command);
net::Async<Answer> list(Session& session, pop3::List command);
net::Async<Answer> uidl(Session& session, pop3::Uidl command);

// retrieval.cpp
net::Async<Answer> retr(Session& session, pop3::Retr command);
net::Async<Answer> top(Session& session, pop3::Top command);

// marks.cpp
net::Async<Answer> dele(Session& session, pop3::Dele command);
net::Async<Answer> rset(Session& session, pop3::Rset command);

}  // namespace posthouse::pop3d
