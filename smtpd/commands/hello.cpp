// EHLO, HELO (RFC 5321 §4.1.1.1): who is there, and what is offered. Both end a transaction.
//   ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
#include <variant>

#include "lib/sasl/offer.h"
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<smtp::Reply> handle_hello(Session& session, smtp::Command command) {
    auto& hello = std::get<smtp::Hello>(command);
    session.transaction.reset();
    session.helo = std::move(hello.name);
    session.extended = hello.verb == smtp::Verb::ehlo;
    // RFC 2034 §4: no enhanced status in the replies to EHLO and HELO.
    smtp::Reply reply(250, "", session.config->general.hostname);
    if (!session.extended) co_return reply;
    reply.lines.emplace_back("PIPELINING");
    reply.lines.emplace_back("SIZE " + std::to_string(session.config->smtpd.message_size_limit));
    if (session.starttls_possible()) reply.lines.emplace_back("STARTTLS");
    const std::vector<std::string> mechanisms = session.mechanisms();
    if (session.auth_possible() && !mechanisms.empty())
        reply.lines.emplace_back("AUTH" + sasl::mechanism_list(mechanisms));
    reply.lines.emplace_back("ENHANCEDSTATUSCODES");
    reply.lines.emplace_back("8BITMIME");
    if (session.may_tell_origin) reply.lines.emplace_back(xclient_offer());
    reply.lines.emplace_back("HELP");
    co_return reply;
}

}  // namespace posthouse::smtpd
