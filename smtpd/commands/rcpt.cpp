// RCPT (RFC 5321 §4.1.1.3): one more recipient, resolved at once to the mailboxes it means.
//   rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
#include <algorithm>
#include <variant>

#include "lib/base/ascii.h"
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {
namespace {

using auth::Recipient;
using auth::Resolution;

bool is_local(const Recipient& recipient) { return recipient.transport == Recipient::Transport::local; }

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

/// What authd said, as a reply; nullopt: all recipients are mailboxes here.
std::optional<smtp::Reply> refusal(const smtp::Mailbox& given, const Result<std::optional<Resolution>>& resolved) {
    const std::string path = given.to_path();
    if (!resolved && resolved.error().code == ErrorCode::denied) {
        return smtp::Reply(550, "5.4.6", path + ": " + resolved.error().text);
    }
    if (!resolved) return smtp::Reply(451, "4.3.0", path + ": the directory is not available, try again later");
    if (!*resolved || (*resolved)->recipients.empty()) return smtp::Reply(550, "5.1.1", path + ": no such user here");
    const auto& recipients = (*resolved)->recipients;
    if (std::ranges::all_of(recipients, is_local)) return std::nullopt;
    // An address outside comes back as it is; an alias leads to another domain.
    if (recipients.size() == 1 && ascii::iequals(domain_of(recipients.front().address), given.domain)) {
        return smtp::Reply(554, "5.7.1", path + ": relay access denied");
    }
    return smtp::Reply(451, "4.3.5", path + ": forwards to another server, which is not possible yet");
}

/// The targets that the transaction doesn't have yet; an error when the directory holds what is no address.
Result<std::vector<smtp::Mailbox>> new_targets(const Transaction& transaction, const Resolution& resolution) {
    std::vector<smtp::Mailbox> added;
    for (const Recipient& recipient : resolution.recipients) {
        auto mailbox = smtp::parse_mailbox(recipient.address, smtp::Utf8::allowed);
        if (!mailbox) return fail(ErrorCode::invalid, mailbox.error().text, recipient.address);
        if (!transaction.known_targets.contains(mailbox->to_string())) added.push_back(*std::move(mailbox));
    }
    return added;
}

/// An action such as "552 5.2.2 Mailbox is full" as a reply for the address that the client gave; nullopt: none that
/// refuses.
std::optional<smtp::Reply> refusal_of(std::string_view action, const smtp::Mailbox& given) {
    smtp::ReplyParser parser;
    const Result<bool> parsed = parser.add_line(action);
    if (!parsed || !*parsed) return std::nullopt;
    smtp::Reply reply = parser.take();
    if (!reply.transient() && !reply.permanent()) return std::nullopt;
    reply.lines = {given.to_path() + ": " + reply.text()};
    return reply;
}

/// RFC 5321 §4.5.1: <postmaster> is the one of this server: as configured, or of its host name's domain, or of the one
/// above that.
net::Async<Result<std::optional<Resolution>>> resolve_postmaster(Session& session) {
    const std::string& host = session.config->general.hostname;
    const std::string above = host.substr(std::min(host.find('.'), host.size() - 1) + 1);
    const std::vector<std::string> candidates{session.config->directory.postmaster, "postmaster@" + host,
                                              "postmaster@" + above};
    for (const std::string& candidate : candidates) {
        if (candidate.empty() || candidate.ends_with('@')) continue;
        auto resolved = co_await session.parts.directory.resolve(candidate, session.lookup_deadline());
        if (!resolved) co_return resolved;
        if (*resolved && std::ranges::all_of((*resolved)->recipients, is_local)) co_return resolved;
    }
    co_return std::optional<Resolution>();
}

/// Why no mailbox of this recipient has room for the message; nullopt: one has, or lmtpd can't say, and decides when it
/// gets the message.
net::Async<std::optional<smtp::Reply>> no_room(Session& session, const smtp::Mailbox& given,
                                               const std::vector<smtp::Mailbox>& targets) {
    const std::string& socket = session.config->listen.quota;
    if (!session.config->quota.enabled || socket.empty()) co_return std::nullopt;
    std::optional<smtp::Reply> refused;
    for (const smtp::Mailbox& target : targets) {
        policy::Request request;
        request.add("request", "smtpd_access_policy");
        request.add("protocol_state", "RCPT");
        request.add("recipient", target.to_string());
        request.add("size", std::to_string(session.transaction->parameters.size.value_or(0)));
        const Result<std::string> action =
            co_await session.parts.quota.ask(std::move(request), session.lookup_deadline());
        if (!action) co_return std::nullopt;
        refused = refusal_of(*action, given);
        if (!refused) co_return std::nullopt;
    }
    co_return refused;
}

net::Async<Result<std::optional<Resolution>>> resolve(Session& session, const smtp::Mailbox& given) {
    if (given.domain.empty()) {
        auto resolved = co_await resolve_postmaster(session);
        co_return resolved;
    }
    auto resolved = co_await session.parts.directory.resolve(given.to_string(), session.lookup_deadline());
    co_return resolved;
}

}  // namespace

net::Async<smtp::Reply> handle_rcpt(Session& session, smtp::Command command) {
    const auto& rcpt = std::get<smtp::Rcpt>(command);
    const auto limit = static_cast<std::size_t>(session.config->smtpd.recipient_limit);
    const smtp::Reply too_many(452, "4.5.3", "Too many recipients");  // RFC 5321 §4.5.3.1.10
    if (session.transaction->given.size() >= limit) co_return too_many;

    Result<std::optional<Resolution>> resolved = co_await resolve(session, rcpt.recipient);
    if (auto refused = refusal(rcpt.recipient, resolved)) co_return *std::move(refused);
    Transaction& transaction = *session.transaction;
    Result<std::vector<smtp::Mailbox>> added = new_targets(transaction, **resolved);
    if (!added) {
        session.connection.log.error("the directory holds a malformed address", {{"address", added.error().detail}});
        co_return smtp::Reply(451, "4.3.5", rcpt.recipient.to_path() + ": the directory is in error, try again later");
    }
    // The targets of the first recipient are always taken whole, so that a client that sends the rest in further
    // transactions gets on.
    const bool first = transaction.given.empty();
    if (!first && transaction.targets.size() + added->size() > limit) co_return too_many;
    std::optional<smtp::Reply> refused = co_await no_room(session, rcpt.recipient, *added);
    if (refused) co_return *std::move(refused);
    for (smtp::Mailbox& target : *added) {
        transaction.known_targets.insert(target.to_string());
        transaction.targets.push_back(std::move(target));
    }
    transaction.given.push_back(rcpt.recipient);
    co_return smtp::Reply(250, "2.1.5", "Recipient ok");
}

}  // namespace posthouse::smtpd
