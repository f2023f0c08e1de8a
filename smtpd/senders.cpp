// Senders: as whom a client may send (RFC 6409 §6.1).
#include "smtpd/senders.h"

#include <algorithm>
#include <string>

#include "lib/base/ascii.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::smtpd {
namespace {

/// `logins` as authd's map `sender` lists them.
bool names(std::string_view logins, std::string_view user) {
    return std::ranges::any_of(ascii::split(logins, ','),
                               [user](std::string_view login) { return ascii::iequals(ascii::trim(login), user); });
}

/// The address leads to this user and to nobody else; not as the only member of a list, nor because somebody has to
/// read what goes to postmaster.
bool leads_to(const auth::Resolution& resolution, std::string_view user) {
    if (resolution.recipients.size() != 1 || resolution.through_list() || resolution.role) return false;
    const auth::Recipient& one = resolution.recipients.front();
    return one.transport == auth::Recipient::Transport::local && ascii::iequals(one.address, user);
}

net::Async<Result<bool>> owns(Session& session, const smtp::Mailbox& sender) {
    auth::SocketmapClient& directory = session.parts.directory;
    Result<std::optional<std::string>> logins =
        co_await directory.look_up("sender", sender.to_string(), session.lookup_deadline());
    // PERM: more may send as it than the map lists.
    if (!logins && logins.error().code != ErrorCode::denied) co_return fail(logins.error());
    if (logins && *logins && names(**logins, session.user)) co_return true;
    if (!session.config->smtpd.alias_senders) co_return false;
    Result<std::optional<auth::Resolution>> resolved =
        co_await directory.resolve(sender.to_string(), session.lookup_deadline());
    if (!resolved && resolved.error().code == ErrorCode::denied) co_return false;
    if (!resolved) co_return fail(resolved.error());
    co_return resolved->has_value() && leads_to(**resolved, session.user);
}

}  // namespace

net::Async<Result<bool>> is_ours(Session& session, const std::string& domain) {
    Result<bool> ours =
        co_await session.parts.directory.is_local_domain(smtp::ascii_domain(domain), session.lookup_deadline());
    co_return ours;
}

net::Async<Result<bool>> sender_is_ours(Session& session) {
    Transaction& transaction = *session.transaction;
    if (!transaction.sender_is_ours) {
        Result<bool> ours = co_await is_ours(session, transaction.sender->domain);
        if (!ours) co_return ours;
        transaction.sender_is_ours = *ours;
    }
    co_return *transaction.sender_is_ours;
}

net::Async<std::optional<Refusal>> sender_refusal(Session& session, const smtp::ReversePath& sender) {
    const auto& settings = session.config->smtpd;
    if (session.user.empty()) co_return std::nullopt;
    if (!sender) {
        if (settings.submission_null_sender) co_return std::nullopt;
        co_return Refusal({553, "5.7.1", "<>: messages need a sender here, use " + session.user}, Rule::sender);
    }
    if (!settings.reject_sender_login_mismatch) co_return std::nullopt;
    Result<bool> own = co_await owns(session, *sender);
    if (!own)
        co_return Refusal({451, "4.3.0", "The directory is not available, try again later"}, Rule::directory,
                          own.error().message());
    if (*own) co_return std::nullopt;
    co_return Refusal({553, "5.7.1",
                       sender->to_path() + ": not an address of " + session.user +
                           "; use one of yours, or ask your administrator for the right to send as it"},
                      Rule::sender);
}

net::Async<std::optional<Refusal>> sender_domain_refusal(Session& session, const smtp::ReversePath& sender) {
    using enum KnownDomains::Verdict;
    if (!session.config->smtpd.reject_unknown_sender_domain || !sender || sender->is_address_literal() ||
        session.submission() || session.in_mynetworks())
        co_return std::nullopt;
    const KnownDomains::Verdict verdict = co_await session.parts.known_domains.look_up(sender->domain);
    if (verdict == known) co_return std::nullopt;
    // A domain of this server needn't be in DNS for this server to reach it.
    const Result<bool> ours = co_await is_ours(session, sender->domain);
    if (ours && *ours) co_return std::nullopt;
    if (verdict == unsure || !ours)
        co_return Refusal(
            {450, "4.1.8", sender->to_path() + ": DNS doesn't say now whether that domain exists, try again later"},
            Rule::sender_domain);
    if (verdict == null_mx)
        co_return Refusal(
            {550, "5.7.27", sender->to_path() + ": that domain takes no mail (null MX); use a sender that does"},
            Rule::sender_domain);
    co_return Refusal(
        {550, "5.1.8", sender->to_path() + ": that domain has neither MX nor address in DNS; use a sender that exists"},
        Rule::sender_domain);
}

std::optional<Refusal> network_sender_refusal(const Session& session, const smtp::ReversePath& sender) {
    const auto& allowed = session.config->smtpd.mynetworks_sender_domains;
    if (allowed.empty() || !sender || !session.user.empty() || !session.in_mynetworks()) return std::nullopt;
    const std::string domain = smtp::ascii_domain(sender->domain);
    const auto is_it = [&domain](std::string_view one) { return ascii::iequals(one, domain); };
    if (std::ranges::any_of(allowed, is_it)) return std::nullopt;
    return Refusal(
        {553, "5.7.1",
         sender->to_path() + ": hosts of your network may not send as that domain to other servers; log in, or ask the "
                             "administrator to allow it"},
        Rule::network_sender);
}

}  // namespace posthouse::smtpd
