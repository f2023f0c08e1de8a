// Recipients: from an address to its final recipients.
#include "smtpd/recipients.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "auth/client/postmaster.h"
#include "lib/base/ascii.h"
#include "lib/smtp/internationalized.h"
#include "lib/smtp/limits.h"
#include "smtpd/senders.h"

namespace posthouse::smtpd {
namespace {

using auth::Recipient;
using auth::Resolution;

bool is_user(const Recipient& recipient) { return recipient.transport == Recipient::Transport::local; }

std::unexpected<Refusal> refuse(int code, std::string status, std::string text, Rule rule, std::string detail = {}) {
    return std::unexpected(Refusal({code, std::move(status), std::move(text)}, rule, std::move(detail)));
}

std::unexpected<Refusal> directory_is_away(const std::string& path, const Error& error) {
    return refuse(451, "4.3.0", path + ": the directory is not available, try again later", Rule::directory,
                  error.message());
}

std::unexpected<Refusal> unknown(const std::string& path) {
    return refuse(550, "5.1.1", path + ": no such user here", Rule::unknown_recipient);
}

/// With the domain as DNS has it, where it has such a form; the local part is the other server's to understand.
smtp::Mailbox for_other_server(const smtp::Mailbox& mailbox) {
    return {mailbox.local_part, smtp::ascii_domain(mailbox.domain)};
}

/// The address as the sender knows it, when the recipient is another one and ORCPT said nothing: so that reports can
/// name it (RFC 3461 §5.2.1).
smtp::RcptParameters with_original(smtp::RcptParameters dsn, const smtp::Mailbox& given, const smtp::Mailbox& target) {
    if (!dsn.original_type.empty() || given == target || given.domain.empty()) return dsn;
    dsn.original_type = given.needs_utf8() ? "utf-8" : "rfc822";
    dsn.original_recipient = given.to_string();
    return dsn;
}

/// What one of those an address leads to gets of its parameters (RFC 3461 §5.2.7). Reports would name them to the
/// sender, who may be anybody: there are none of success about several, and none but of failure about members of a
/// list. Its owner is told of failures, whatever the sender wants.
smtp::RcptParameters passed_on(const smtp::RcptParameters& dsn, const Resolution& resolution,
                               const Recipient& recipient) {
    smtp::RcptParameters members;
    members.notify = smtp::DsnNotify{.failure = !recipient.owner.empty() || !dsn.notify || dsn.notify->failure};
    if (!recipient.owner.empty() || resolution.through_list()) return members;
    smtp::RcptParameters passed = dsn;
    if (resolution.recipients.size() > 1 && passed.notify) passed.notify->success = false;
    return passed;
}

/// Of success the sender is told once for all whom an address stands for, if he asked for that: a list has the message
/// then (RFC 3461 §5.2.7.1), an alias with several targets has sent it on (§5.2.7.3 c). nullopt: nothing is to be told.
std::optional<Target> told_of_expansion(const smtp::ReversePath& sender, const smtp::Mailbox& address,
                                        const Resolution& resolution, const smtp::RcptParameters& dsn) {
    const bool several = resolution.through_list() || resolution.recipients.size() > 1;
    if (!sender || address.domain.empty() || !several || !dsn.notify || !dsn.notify->success) return std::nullopt;
    const std::string_view transport = resolution.through_list() ? spool::list_transport : spool::alias_transport;
    Target target{.address = address, .transport = std::string(transport), .dsn = dsn};
    target.dsn.notify = smtp::DsnNotify{.success = true};
    return target;
}

/// RFC 5321 §4.5.1: <postmaster> is the one of this server: as configured, or of its host name's domain, or of the one
/// above that.
net::Async<Result<std::optional<Resolution>>> resolve_postmaster(Session& session) {
    for (const std::string& candidate : auth::postmaster_addresses(*session.config)) {
        auto resolved = co_await session.parts.directory.resolve(candidate, session.lookup_deadline());
        if (!resolved) co_return resolved;
        if (*resolved && std::ranges::all_of((*resolved)->recipients, is_user)) co_return resolved;
    }
    co_return std::optional<Resolution>();
}

net::Async<Result<std::optional<Resolution>>> ask(Session& session, const smtp::Mailbox& address) {
    if (address.domain.empty()) {
        auto resolved = co_await resolve_postmaster(session);
        co_return resolved;
    }
    auto resolved = co_await session.parts.directory.resolve(address.to_string(), session.lookup_deadline());
    co_return resolved;
}

/// Why mail for an address on another server isn't taken; nullopt: it is.
std::optional<Refusal> relay_refusal(const Session& session, const smtp::Mailbox& address, bool vouched) {
    const std::string name = for_other_server(address).domain;
    const auto is_it = [&name](std::string_view domain) { return ascii::iequals(domain, name); };
    if (vouched || std::ranges::any_of(session.config->smtpd.relay_domains, is_it)) return std::nullopt;
    if (!session.may_relay()) return Refusal({554, "5.7.1", address.to_path() + ": relay access denied"}, Rule::relay);
    return network_sender_refusal(session, session.transaction->sender);
}

/// An address on another server that authd can't read: an address literal, a local part that is longer than 64 octets.
net::Async<Targets> beyond_the_directory(Session& session, smtp::Mailbox address, bool vouched,
                                         const smtp::RcptParameters& dsn) {
    const std::string path = address.to_path();
    Target target{.address = for_other_server(address), .dsn = dsn};
    if (!address.is_address_literal()) {
        const Result<bool> ours = co_await is_ours(session, address.domain);
        if (!ours) co_return directory_is_away(path, ours.error());
        if (*ours) co_return unknown(path);
        Result<std::optional<std::string>> transport =
            co_await session.parts.directory.look_up("transport", target.address.domain, session.lookup_deadline());
        if (!transport) co_return directory_is_away(path, transport.error());
        if (*transport && **transport != ":") target.transport = **transport;
    }
    if (auto refused = relay_refusal(session, address, vouched)) co_return std::unexpected(*std::move(refused));
    std::vector<Target> targets;
    targets.push_back(std::move(target));
    co_return targets;
}

/// Who stands in for the sender where an alias leads to another server. Mail from a domain of ours needs nobody: it
/// comes from the right host.
net::Async<Result<std::optional<smtp::ReversePath>>> forwarding_sender(Session& session) {
    Transaction& transaction = *session.transaction;
    if (!transaction.sender) co_return std::optional<smtp::ReversePath>();
    const Result<bool> ours = co_await sender_is_ours(session);
    if (!ours) co_return fail(ours.error());
    if (*ours) co_return std::optional<smtp::ReversePath>();
    Result<smtp::ReversePath> sender = session.parts.forwarding.sender(transaction.sender, std::time(nullptr));
    if (!sender) co_return fail(sender.error());
    if (*sender == transaction.sender) co_return std::optional<smtp::ReversePath>();
    co_return std::optional<smtp::ReversePath>(*std::move(sender));
}

/// Mail for who is missing among those an address leads to goes back from the queue: to its sender, or to the owner of
/// the list.
Recipient returned(const auth::DeadEnd& dead, const smtp::Mailbox& address) {
    return {.transport = Recipient::Transport::remote,
            .address = dead.address,
            .detail = {},
            .route = "error:5.1.1 No such user here, though " + address.to_string() + " leads there",
            .owner = dead.owner};
}

/// `address`: what was resolved. Errors: the directory holds what is no address.
Result<std::vector<Target>> to_targets(const Resolution& resolution, const smtp::Mailbox& address,
                                       const smtp::ReversePath& sender, const smtp::RcptParameters& dsn) {
    std::vector<Target> targets;
    std::shared_ptr<const std::vector<std::string>> lists;
    if (resolution.through_list()) {
        std::vector<std::string> names = resolution.restricted_lists;
        names.insert(names.end(), resolution.open_lists.begin(), resolution.open_lists.end());
        lists = std::make_shared<const std::vector<std::string>>(std::move(names));
    }
    std::vector<Recipient> all = resolution.recipients;
    for (const auth::DeadEnd& dead : resolution.dead_ends) all.push_back(returned(dead, address));
    for (const Recipient& recipient : all) {
        auto mailbox = smtp::parse_mailbox(recipient.address, smtp::Utf8::allowed);
        if (!mailbox) return fail(ErrorCode::invalid, mailbox.error().text, recipient.address);
        Target target{.address = *std::move(mailbox),
                      .local = is_user(recipient) && recipient.route.empty(),
                      .quota = recipient.quota,
                      .transport = recipient.route,
                      .dsn = passed_on(dsn, resolution, recipient),
                      .lists = lists};
        // What comes through a list is its owner's, but a report stays one that nobody answers.
        if (sender && !recipient.owner.empty()) {
            auto owner = smtp::parse_mailbox(recipient.owner, smtp::Utf8::allowed);
            if (!owner) return fail(ErrorCode::invalid, owner.error().text, recipient.owner);
            target.sender = *std::move(owner);
        }
        targets.push_back(std::move(target));
    }
    return targets;
}

/// The sender, as far as it is believed: anybody can write an address of ours into an envelope.
net::Async<Result<std::string>> believed_sender(Session& session) {
    Transaction& transaction = *session.transaction;
    if (!transaction.sender) co_return std::string();
    const smtp::Mailbox sender = for_other_server(*transaction.sender);
    if (session.may_relay()) co_return sender.to_string();
    const Result<bool> ours = co_await sender_is_ours(session);
    if (!ours) co_return fail(ours.error());
    co_return *ours ? std::string() : sender.to_string();
}

/// Why the sender may not post to a list on the way; nullopt: he may, to all of them.
net::Async<std::optional<Refusal>> poster_refusal(Session& session, const smtp::Mailbox& address,
                                                  const Resolution& resolution) {
    if (resolution.restricted_lists.empty()) co_return std::nullopt;
    const Result<std::string> sender = co_await believed_sender(session);
    if (!sender) co_return directory_is_away(address.to_path(), sender.error()).error();
    for (const std::string& list : resolution.restricted_lists) {
        const Result<std::optional<std::string>> may = co_await session.parts.directory.look_up(
            "poster", list + '\t' + session.user + '\t' + *sender, session.lookup_deadline());
        if (may) continue;
        if (may.error().code != ErrorCode::denied) co_return directory_is_away(address.to_path(), may.error()).error();
        // RFC 3463 §3.8: not authorized to send to this list.
        co_return Refusal({550, "5.7.2", "<" + list + ">: " + may.error().text}, Rule::list_poster);
    }
    co_return std::nullopt;
}

/// What authd's answer means: who it is when the domain is ours, or that mail goes to another server.
net::Async<Targets> judge(Session& session, const smtp::Mailbox& address, const Resolution& resolution, bool vouched,
                          const smtp::RcptParameters& dsn) {
    const std::string path = address.to_path();
    Result<std::vector<Target>> targets = to_targets(resolution, address, session.transaction->sender, dsn);
    if (!targets) {
        session.connection.log.error("the directory holds a malformed address", {{"address", targets.error().detail}});
        co_return refuse(451, "4.3.5", path + ": the directory is in error, try again later", Rule::directory,
                         "malformed address " + targets.error().detail);
    }
    if (std::ranges::all_of(resolution.recipients, is_user)) co_return *std::move(targets);
    const Result<bool> ours = co_await is_ours(session, address.domain);
    if (!ours) co_return directory_is_away(path, ours.error());
    if (!*ours) {
        // What isn't ours leads nowhere else: one recipient, which is the address itself.
        vouched = vouched || resolution.recipients.front().transport == Recipient::Transport::relay;
        if (auto refused = relay_refusal(session, address, vouched)) co_return std::unexpected(*std::move(refused));
        targets->front().address = for_other_server(address);
        co_return *std::move(targets);
    }
    Result<std::optional<smtp::ReversePath>> sender = co_await forwarding_sender(session);
    if (!sender) {
        session.connection.log.error("cannot forward", {{"to", path}, {"error", sender.error().message()}});
        co_return refuse(451, "4.3.5", path + ": forwards to another server, which is not possible now",
                         Rule::directory, sender.error().message());
    }
    for (std::size_t i = 0; i < resolution.recipients.size(); ++i) {
        if (!is_user(resolution.recipients[i]) && !(*targets)[i].sender) (*targets)[i].sender = *sender;
    }
    co_return *std::move(targets);
}

net::Async<Targets> resolve(Session& session, const smtp::Mailbox& address, bool vouched,
                            const smtp::RcptParameters& dsn) {
    const std::string path = address.to_path();
    if (address.is_address_literal() || address.local_part.size() > smtp::max_local_part) {
        Targets targets = co_await beyond_the_directory(session, address, vouched, dsn);
        co_return targets;
    }
    Result<std::optional<Resolution>> resolved = co_await ask(session, address);
    if (!resolved && resolved.error().code == ErrorCode::denied)
        co_return refuse(550, "5.4.6", path + ": " + resolved.error().text, Rule::alias_loop);
    if (!resolved) co_return directory_is_away(path, resolved.error());
    if (!*resolved || (*resolved)->recipients.empty()) co_return unknown(path);
    std::optional<Refusal> refused = co_await poster_refusal(session, address, **resolved);
    if (refused) co_return std::unexpected(*std::move(refused));
    Targets targets = co_await judge(session, address, **resolved, vouched, dsn);
    if (!targets) co_return targets;
    std::optional<Target> told = told_of_expansion(session.transaction->sender, address, **resolved, dsn);
    if (told) targets->push_back(*std::move(told));
    co_return targets;
}

}  // namespace

net::Async<Targets> find_targets(Session& session, const smtp::Mailbox& given, const smtp::RcptParameters& dsn) {
    smtp::Mailbox address = given;
    const bool returning = session.parts.forwarding.is_ours(given);
    if (returning) {
        // A bounce of what was forwarded here: who made the address vouches for it.
        Result<smtp::Mailbox> original = session.parts.forwarding.undo(given, std::time(nullptr));
        if (!original && original.error().code == ErrorCode::unavailable)
            co_return refuse(451, "4.3.5", given.to_path() + ": cannot be read now, try again later", Rule::directory,
                             original.error().message());
        if (!original)
            co_return refuse(550, "5.1.1", given.to_path() + ": " + original.error().text, Rule::unknown_recipient);
        address = *std::move(original);
    }
    // Bounces have no sender: an address of SRS is no way for anybody's mail to another server.
    const bool vouched = returning && !session.transaction->sender;
    Targets targets = co_await resolve(session, address, vouched, dsn);
    if (!targets) co_return targets;
    for (Target& target : *targets) target.dsn = with_original(std::move(target.dsn), given, target.address);
    co_return targets;
}

}  // namespace posthouse::smtpd
