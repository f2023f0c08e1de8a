// What smtpd tells of a message's story.
#include "smtpd/telling.h"

#include <utility>
#include <vector>

#include "lib/story/telling.h"

namespace posthouse::smtpd {
namespace {

/// The transaction, when there is one; else the connection.
story::About about(const Session& session) {
    const std::string& connection = session.connection.log.id();
    if (!session.transaction) return {connection};
    return {session.transaction->id, connection};
}

std::string sender_of(const Transaction& transaction) {
    return transaction.sender ? transaction.sender->to_string() : std::string();
}

/// What stands in the first pair of angle brackets: the address that was refused may be none.
std::string path_in(std::string_view line) {
    const std::size_t open = line.find('<');
    if (open == std::string_view::npos) return {};
    return std::string(line.substr(open + 1, line.find('>', open) - open - 1));
}

}  // namespace

void tell_connected(const Session& session) {
    session.parts.story.tell(
        story::connect({session.connection.log.id()},
                       {.remote = session.connection.peer.ip(), .listener = std::string(session.connection.listener)}));
    if (session.tls()) tell_tls(session);
}

void tell_tls(const Session& session) {
    const net::TlsInfo tls = session.connection.stream.tls_info();
    session.parts.story.tell(
        story::tls({session.connection.log.id()}, {.protocol = tls.protocol, .cipher = tls.cipher}));
}

void tell_login(const Session& session, std::string mechanism, std::string reason) {
    session.parts.story.tell(story::login({session.connection.log.id()}, {.user = session.user,
                                                                          .mechanism = std::move(mechanism),
                                                                          .remote = session.connection.peer.ip(),
                                                                          .reason = std::move(reason)}));
}

void tell_refused(const Session& session, std::string_view command, std::string_view line, const smtp::Reply& reply) {
    story::Refuse told{.command = std::string(command),
                       .remote = session.connection.peer.ip(),
                       .user = session.user,
                       .reply = reply.to_line()};
    if (session.transaction) told.sender = sender_of(*session.transaction);
    if (command == "MAIL") told.sender = path_in(line);
    if (command == "RCPT")
        if (std::string recipient = path_in(line); !recipient.empty()) told.recipients = {std::move(recipient)};
    session.parts.story.tell(story::refuse(about(session), told));
}

void tell_content(const Session& session, std::uint64_t size, const std::string& message_id, const smtp::Reply& reply) {
    const Transaction& transaction = *session.transaction;
    std::vector<std::string> recipients;
    for (const smtp::Mailbox& given : transaction.given) recipients.push_back(given.to_string());
    const std::string remote = session.connection.peer.ip();
    if (reply.positive()) {
        session.parts.story.tell(story::accept(about(session), {.sender = sender_of(transaction),
                                                                .recipients = std::move(recipients),
                                                                .message_id = message_id,
                                                                .size = size,
                                                                .remote = remote,
                                                                .user = session.user,
                                                                .reply = reply.to_line()}));
        return;
    }
    session.parts.story.tell(story::refuse(about(session), {.command = "DATA",
                                                            .sender = sender_of(transaction),
                                                            .recipients = std::move(recipients),
                                                            .message_id = message_id,
                                                            .remote = remote,
                                                            .user = session.user,
                                                            .reply = reply.to_line()}));
}

}  // namespace posthouse::smtpd
