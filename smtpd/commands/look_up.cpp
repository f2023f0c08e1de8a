// VRFY (RFC 5321 §4.1.1.6), EXPN (RFC 5321 §4.1.1.7): whether an address exists, and who is behind it, for those whom
// the configuration lets know. Others hear the same of every address, so that nobody can collect users (RFC 5321 §7.3).
#include <variant>

#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {
namespace {

constexpr std::size_t max_expanded = 100;  // lines of a reply, which clients bound

bool may_know(const Session& session, const std::string& whom) {
    return whom == "everybody" || (whom == "users" && !session.user.empty());
}

/// "joe@example.org" or "<joe@example.org>"; nullopt: not an address with its domain.
std::optional<smtp::Mailbox> address_in(const std::string& text) {
    if (!text.starts_with('<')) {
        Result<smtp::Mailbox> mailbox = smtp::parse_mailbox(text);
        return mailbox ? std::optional(*std::move(mailbox)) : std::nullopt;
    }
    std::size_t length = 0;
    Result<smtp::ReversePath> path = smtp::parse_path(text, length);
    return path && length == text.size() ? *std::move(path) : std::nullopt;
}

/// What authd knows of an address of ours, or the reply.
net::Async<smtp::Parsed<auth::Resolution>> find(Session& session, const smtp::Mailbox& mailbox) {
    auth::SocketmapClient& directory = session.parts.directory;
    Result<bool> ours = co_await directory.is_local_domain(mailbox.domain, session.lookup_deadline());
    if (ours && !*ours)
        co_return smtp::refuse(252, "2.5.2", "Not an address of this server; RCPT tells whether it is taken");
    Result<std::optional<auth::Resolution>> found =
        co_await directory.resolve(mailbox.to_string(), session.lookup_deadline());
    if (!ours || (!found && found.error().code != ErrorCode::denied))
        co_return smtp::refuse(451, "4.3.0", "The directory is not available, try again later");
    if (!found || !*found) co_return smtp::refuse(550, "5.1.1", mailbox.to_path() + ": no such user here");
    co_return **std::move(found);
}

}  // namespace

net::Async<Answer> handle_vrfy(Session& session, smtp::Command command) {
    if (!may_know(session, session.config->smtpd.vrfy))
        co_return smtp::Reply(252, "2.5.2", "Cannot verify the user; RCPT tells");
    const std::optional<smtp::Mailbox> mailbox = address_in(std::get<smtp::WithText>(command).text);
    if (!mailbox) co_return smtp::Reply(501, "5.1.3", "Syntax: VRFY user@domain");
    smtp::Parsed<auth::Resolution> found = co_await find(session, *mailbox);
    if (!found) co_return found.error();
    co_return smtp::Reply(250, "2.1.5", mailbox->to_path());
}

net::Async<Answer> handle_expn(Session& session, smtp::Command command) {
    if (!may_know(session, session.config->smtpd.expn))
        co_return smtp::Reply(252, "2.5.2", "Cannot expand the list; RCPT tells whether it exists");
    const std::optional<smtp::Mailbox> mailbox = address_in(std::get<smtp::WithText>(command).text);
    if (!mailbox) co_return smtp::Reply(501, "5.1.3", "Syntax: EXPN list@domain");
    smtp::Parsed<auth::Resolution> found = co_await find(session, *mailbox);
    if (!found) co_return found.error();
    if (found->recipients.size() > max_expanded)
        co_return smtp::Reply(252, "2.5.2", "The list has " + std::to_string(found->recipients.size()) + " members");
    smtp::Reply reply(250, "2.1.5", "");
    reply.lines.clear();
    for (const auth::Recipient& recipient : found->recipients) reply.lines.push_back("<" + recipient.address + ">");
    co_return reply;
}

}  // namespace posthouse::smtpd
