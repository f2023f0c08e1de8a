// RCPT (RFC 5321 §4.1.1.3): one more recipient, resolved at once to those it means.
//   rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "smtpd/commands/handlers.h"
#include "smtpd/recipients.h"

namespace posthouse::smtpd {
namespace {

/// An action such as "552 5.2.2 Mailbox is full" as a reply for the address that the client gave; nullopt: none that
/// refuses.
std::optional<Refusal> refusal_of(std::string_view action, const smtp::Mailbox& given) {
    smtp::ReplyParser parser;
    const Result<bool> parsed = parser.add_line(action);
    if (!parsed || !*parsed) return std::nullopt;
    smtp::Reply reply = parser.take();
    if (!reply.transient() && !reply.permanent()) return std::nullopt;
    reply.lines = {given.to_path() + ": " + reply.text()};
    return Refusal(std::move(reply), Rule::quota);
}

/// Clients wouldn't wait for each recipient as long as for one.
constexpr std::chrono::seconds silence_after_timeout{30};

/// Why no mailbox of this recipient has room for the message; nullopt: one has, or lmtpd can't say, and decides when it
/// gets the message.
net::Async<std::optional<Refusal>> no_room(Session& session, const smtp::Mailbox& given,
                                           const std::vector<Target>& targets) {
    const std::string& socket = session.config->listen.quota;
    if (!session.config->quota.enabled || socket.empty()) co_return std::nullopt;
    if (net::Clock::now() < session.parts.quota_from) co_return std::nullopt;
    std::optional<Refusal> refused;
    for (const Target& target : targets) {
        if (target.is_expanded()) continue;
        if (!target.local || (session.config->quota.rule.empty() && !target.quota)) co_return std::nullopt;
        policy::Request request;
        request.add("request", "smtpd_access_policy");
        request.add("protocol_state", "RCPT");
        request.add("recipient", target.address.to_string());
        request.add("size", std::to_string(session.transaction->parameters.size.value_or(0)));
        const net::Deadline deadline = session.lookup_deadline();
        const Result<std::string> action = co_await session.parts.quota.ask(std::move(request), deadline);
        if (!action && deadline.passed()) session.parts.quota_from = net::Clock::now() + silence_after_timeout;
        if (!action) co_return std::nullopt;
        refused = refusal_of(*action, given);
        if (!refused) co_return std::nullopt;
    }
    co_return refused;
}

/// What a stranger's transaction keeps of ORCPT, which may be 500 octets of each recipient.
constexpr std::size_t max_original_octets = 64u << 10;

}  // namespace

net::Async<Answer> handle_rcpt(Session& session, smtp::Command command) {
    const auto& rcpt = std::get<smtp::Rcpt>(command);
    const auto limit = static_cast<std::size_t>(session.config->smtpd.recipient_limit);
    const Refusal too_many({452, "4.5.3", "Too many recipients"}, Rule::recipient_limit);  // RFC 5321 §4.5.3.1.10
    if (session.transaction->given.size() >= limit) co_return too_many;

    if (rcpt.parameters.original_type.size() > spool::max_address_type)
        co_return smtp::Reply(501, "5.5.4", "ORCPT: the type of the address is too long");
    Targets found = co_await find_targets(session, rcpt.recipient, rcpt.parameters);
    if (!found) co_return std::move(found.error());
    Transaction& transaction = *session.transaction;
    std::erase_if(*found, [&transaction](const Target& target) {
        return transaction.known_targets.contains(target.address.to_string());
    });
    // The targets of the first recipient are always taken whole, so that a client that sends the rest in further
    // transactions gets on.
    const bool first = transaction.given.empty();
    if (!first && transaction.targets.size() + found->size() > limit) co_return too_many;
    const std::size_t octets = transaction.original_octets + rcpt.parameters.original_recipient.size() * found->size();
    if (!first && !session.may_relay() && octets > max_original_octets) co_return too_many;
    std::optional<Refusal> refused = co_await no_room(session, rcpt.recipient, *found);
    if (refused) co_return *std::move(refused);
    for (Target& target : *found) {
        transaction.known_targets.insert(target.address.to_string());
        transaction.targets.push_back(std::move(target));
    }
    transaction.original_octets = octets;
    transaction.given.push_back(rcpt.recipient);
    co_return smtp::Reply(250, "2.1.5", "Recipient ok");
}

}  // namespace posthouse::smtpd
