// Commands about the connection: LHLO, NOOP, VRFY, QUIT, and XFORWARD, which tells where a message comes from.
#include <utility>
#include <variant>

#include "lmtpd/commands/commands.h"

namespace posthouse::lmtpd {

/// LHLO (RFC 2033 §4.1).
net::Async<Answer> lhlo(Session& session, smtp::Command command) {
    session.reset();
    session.client_name = std::get<smtp::Hello>(command).name;
    smtp::Reply reply(250, "", session.config().general.hostname);
    // SIZE without a number: no fixed maximum (RFC 1870 §4). Who hands over has bounded the message.
    for (const std::string_view extension :
         {std::string_view("PIPELINING"), std::string_view("ENHANCEDSTATUSCODES"), std::string_view("8BITMIME"),
          std::string_view("SIZE"), std::string_view("SMTPUTF8"), std::string_view("CHUNKING"), Forwarded::offered})
        reply.lines.emplace_back(extension);
    co_return reply;
}

/// NOOP (RFC 5321 §4.1.1.9).
net::Async<Answer> noop(Session& /*session*/, smtp::Command /*command*/) { co_return smtp::Reply(250, "2.0.0", "OK"); }

/// VRFY (RFC 5321 §3.5.3): says nothing about who exists.
net::Async<Answer> vrfy(Session& /*session*/, smtp::Command /*command*/) {
    co_return smtp::Reply(252, "2.5.0", "Try RCPT");
}

/// QUIT (RFC 5321 §4.1.1.10).
net::Async<Answer> quit(Session& session, smtp::Command /*command*/) {
    session.end("quit");
    co_return smtp::Reply(221, "2.0.0", "Bye");
}

/// XFORWARD: facts for the next transaction, forgotten after it.
net::Async<Answer> xforward(Session& session, smtp::Command command) {
    session.forwarded.add(std::get<smtp::Attributes>(command));
    co_return smtp::Reply(250, "2.0.0", "OK");
}

}  // namespace posthouse::lmtpd
