// MAIL (RFC 5321 §4.1.1.2): begins a transaction.
//   mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
#include <chrono>
#include <ctime>
#include <utility>
#include <variant>

#include "lib/base/random.h"
#include "smtpd/commands/handlers.h"
#include "smtpd/senders.h"

namespace posthouse::smtpd {
namespace {

/// RFC 1870 §6.1: a declared size over the limit is refused before anything is sent.
std::optional<Refusal> too_large(const Session& session, const smtp::MailParameters& parameters) {
    const std::uint64_t limit = session.config->smtpd.message_size_limit;
    if (parameters.size.value_or(0) <= limit) return std::nullopt;
    return Refusal({552, "5.3.4", "Message is larger than " + std::to_string(limit) + " bytes"}, Rule::message_size);
}

/// RFC 4865: a message may be held back so long and no longer.
std::optional<smtp::Reply> held_too_long(const Session& session, const Transaction& transaction) {
    const auto until = hold_until(transaction);
    const auto limit = std::chrono::duration_cast<std::chrono::seconds>(session.config->smtpd.future_release_limit);
    if (!until || *until - transaction.arrived <= limit.count()) return std::nullopt;
    return smtp::Reply(501, "5.5.4",
                       "A message is held back for " + std::to_string(limit.count()) + " seconds at most");
}

/// What the disk has to have left, whether the message will lie there or not: the next one may.
net::Async<std::optional<Refusal>> no_room(Session& session, const smtp::MailParameters& parameters) {
    Result<bool> room =
        co_await session.parts.queue.has_room(parameters.size.value_or(0), session.config->smtpd.queue_minfree);
    if (room && *room) co_return std::nullopt;
    // Without the spool mail is delivered as long as it can be at once; what can't is told at its end.
    if (!room) co_return std::nullopt;
    co_return insufficient_storage("smtpd.queue_minfree");
}

/// RFC 6710 §4.1: strangers can't put their mail before others'.
bool lower_priority(const Session& session, smtp::MailParameters& parameters) {
    const bool lowered = session.user.empty() && parameters.priority.value_or(0) > 0;
    if (lowered) parameters.priority = 0;
    return lowered;
}

Origin origin_of(Session& session) {
    const net::Address& peer = session.connection.peer;
    Origin origin{peer.ip(), peer.port(), peer.family() == net::Address::Family::ipv6, session.helo};
    if (const auto told = std::exchange(session.told_origin, std::nullopt)) {
        if (!told->address.empty()) {
            origin.address = told->address;
            origin.port = told->port;
            origin.ipv6 = told->ipv6;
        }
        if (!told->helo.empty()) origin.helo = told->helo;
    }
    return origin;
}

}  // namespace

net::Async<Answer> handle_mail(Session& session, smtp::Command command) {
    auto& mail = std::get<smtp::Mail>(command);
    if (auto refused = too_large(session, mail.parameters)) co_return *std::move(refused);
    Transaction transaction;
    transaction.id = make_id();
    transaction.arrived = std::time(nullptr);
    const bool lowered = lower_priority(session, mail.parameters);
    transaction.sender = std::move(mail.sender);
    transaction.parameters = std::move(mail.parameters);
    if (auto refused = held_too_long(session, transaction)) co_return *std::move(refused);
    std::optional<Refusal> refused = co_await no_room(session, transaction.parameters);
    if (!refused) refused = co_await sender_refusal(session, transaction.sender);
    if (!refused) refused = co_await sender_domain_refusal(session, transaction.sender);
    if (refused) co_return *std::move(refused);
    transaction.origin = origin_of(session);
    session.transaction = std::move(transaction);
    if (lowered) co_return smtp::Reply(250, "2.3.6", "Sender ok, with priority 0");
    co_return smtp::Reply(250, "2.1.0", "Sender ok");
}

}  // namespace posthouse::smtpd
