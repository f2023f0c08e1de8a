// What smtpd tells of a message's story.
#include "smtpd/telling.h"

#include <chrono>
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

std::string sender_of(const Transaction& transaction) { return smtp::to_text(transaction.sender); }

std::vector<std::string> recipients_of(const Transaction& transaction) {
    std::vector<std::string> recipients;
    for (const smtp::Mailbox& given : transaction.given) recipients.push_back(given.to_string());
    return recipients;
}

/// The address in a command that was refused; what is none is told as it came.
std::string address_in(std::string_view line) {
    const std::size_t open = line.find('<');
    if (open == std::string_view::npos) return {};
    std::size_t length = 0;
    const auto path = smtp::parse_path(line.substr(open), length, smtp::Utf8::allowed, smtp::Domain::optional);
    if (path) return smtp::to_text(*path);
    return std::string(line.substr(open + 1, line.find('>', open) - open - 1));
}

/// What the client wasn't told: the rule's name, and what was wrong.
std::string reason_of(const Refusal& refusal) {
    if (!refusal.rule) return refusal.detail;
    return std::string(to_string(*refusal.rule)) + (refusal.detail.empty() ? "" : ": ") + refusal.detail;
}

/// Whom a refusal concerns.
struct Concerned {
    std::string sender;
    std::vector<std::string> recipients;
};

Concerned concerned(const Session& session, std::string_view command, std::string_view line) {
    Concerned who;
    if (session.transaction) who.sender = sender_of(*session.transaction);
    if (session.transaction && (command == "DATA" || command == "BDAT"))
        who.recipients = recipients_of(*session.transaction);
    if (command == "MAIL") who.sender = address_in(line);
    if (command == "RCPT")
        if (std::string recipient = address_in(line); !recipient.empty()) who.recipients = {std::move(recipient)};
    return who;
}

void tell_refused(const Session& session, std::string_view command, Concerned who, const Refusal& refusal) {
    story::Refuse told{.command = std::string(command == "other" ? "" : command),
                       .remote = session.connection.peer.ip(),
                       .user = session.user,
                       .reply = refusal.reply.to_line(),
                       .reason = reason_of(refusal)};
    told.sender = std::move(who.sender);
    told.recipients = std::move(who.recipients);
    session.parts.story.tell_minor(story::refuse(about(session), told));
}

/// As it happened now, though it is told later.
story::Event timed(story::Event event) {
    event.time =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    return event;
}

void tell_how_it_came(Session& session) {
    for (story::Event& event : session.untold) session.parts.story.tell(std::move(event));
    session.untold.clear();
}

}  // namespace

void tell_connected(Session& session) {
    session.untold.push_back(
        timed(story::connect({session.connection.log.id()}, {.remote = session.connection.peer.ip(),
                                                             .listener = std::string(session.connection.listener)})));
    if (session.tls()) tell_tls(session);
}

void tell_tls(Session& session) {
    const net::TlsInfo tls = session.connection.stream.tls_info();
    session.untold.push_back(
        timed(story::tls({session.connection.log.id()}, {.protocol = tls.protocol, .cipher = tls.cipher})));
}

void tell_ended(Session& session) {
    for (story::Event& event : session.untold) session.parts.story.tell_minor(std::move(event));
    session.untold.clear();
}

void tell_login(Session& session, std::string mechanism, std::string reason) {
    const bool failed = !reason.empty();
    story::Event event = story::login({session.connection.log.id()}, {.user = session.user,
                                                                      .mechanism = std::move(mechanism),
                                                                      .remote = session.connection.peer.ip(),
                                                                      .reason = std::move(reason)});
    if (failed) return session.parts.story.tell_minor(std::move(event));
    tell_how_it_came(session);
    session.parts.story.tell(std::move(event));
}

void tell_content(Session& session, std::uint64_t size, const std::string& message_id, const Refusal& answer) {
    const Transaction& transaction = *session.transaction;
    const std::string remote = session.connection.peer.ip();
    if (answer.reply.positive()) {
        tell_how_it_came(session);
        session.parts.story.tell(story::accept(about(session), {.sender = sender_of(transaction),
                                                                .recipients = recipients_of(transaction),
                                                                .message_id = message_id,
                                                                .size = size,
                                                                .remote = remote,
                                                                .user = session.user,
                                                                .reply = answer.reply.to_line()}));
        return;
    }
    session.parts.story.tell_minor(story::refuse(about(session), {.command = transaction.chunks ? "BDAT" : "DATA",
                                                                  .sender = sender_of(transaction),
                                                                  .recipients = recipients_of(transaction),
                                                                  .message_id = message_id,
                                                                  .remote = remote,
                                                                  .user = session.user,
                                                                  .reply = answer.reply.to_line(),
                                                                  .reason = reason_of(answer)}));
}

void report_refusal(const Session& session, std::string_view command, std::string_view line, const Refusal& refusal) {
    if (refusal.rule) session.parts.counters.reject(*refusal.rule);
    Concerned who = concerned(session, command, line);
    if (refusal.rule || refusal.reply.permanent())
        session.connection.log.info("refused",
                                    {{"command", command.empty() ? "connect" : command},
                                     {"rule", refusal.rule ? to_string(*refusal.rule) : ""},
                                     {"address", session.connection.peer.ip()},
                                     {"from", who.sender.empty() ? "" : "<" + who.sender + ">"},
                                     {"to", who.recipients.empty() ? "" : "<" + who.recipients.front() + ">"},
                                     {"reply", refusal.reply.to_line()}});
    tell_refused(session, command, std::move(who), refusal);
}

}  // namespace posthouse::smtpd
