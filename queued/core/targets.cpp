// Targets: asked of authd.
#include "queued/core/targets.h"

#include <set>
#include <utility>

#include "auth/client/postmaster.h"

namespace posthouse::queued {
namespace {

using auth::Recipient;
using auth::Resolution;
using Resolved = Result<std::optional<Resolution>>;

net::Async<Resolved> resolve(Parts& parts, std::string address) {
    const net::Deadline deadline = net::Deadline::in(parts.daemon.config()->queued.lookup_timeout);
    Resolved resolved = co_await parts.directory.resolve(std::move(address), deadline);
    if (!resolved && resolved.error().code == ErrorCode::denied) co_return std::optional<Resolution>();
    if (!resolved) co_return fail(ErrorCode::unavailable, resolved.error().text);
    co_return resolved;
}

std::set<std::string> owners_of(const Resolution& resolution) {
    std::set<std::string> owners;
    for (const Recipient& recipient : resolution.recipients)
        if (!recipient.owner.empty()) owners.insert(recipient.owner);
    return owners;
}

/// Puts the owners of lists in the place of their members. A list that not everybody may post to and that has no owner
/// gets no reports, and where an owner is such a list itself there is none.
net::Async<Result<std::vector<Recipient>>> to_owners(Parts& parts, Resolution resolution) {
    const std::set<std::string> owners = owners_of(resolution);
    std::vector<Recipient> recipients;
    if (resolution.restricted_lists.empty()) {
        recipients = std::move(resolution.recipients);
        std::erase_if(recipients, [](const Recipient& recipient) { return !recipient.owner.empty(); });
    }
    for (const std::string& owner : owners) {
        Resolved resolved = co_await resolve(parts, owner);
        if (!resolved) co_return fail(resolved.error());
        if (!*resolved || !(*resolved)->restricted_lists.empty()) continue;
        for (Recipient& recipient : (*resolved)->recipients) recipients.push_back(std::move(recipient));
    }
    co_return recipients;
}

}  // namespace

net::Async<Result<std::optional<NoticeTargets>>> find_targets(Parts& parts, std::string address, Lists lists) {
    Resolved resolved = co_await resolve(parts, std::move(address));
    if (!resolved) co_return fail(resolved.error());
    if (!*resolved) co_return std::optional<NoticeTargets>();
    Result<std::vector<Recipient>> recipients = std::vector<Recipient>();
    if (lists == Lists::to_members)
        recipients = std::move((*resolved)->recipients);
    else
        recipients = co_await to_owners(parts, **std::move(resolved));
    if (!recipients) co_return fail(recipients.error());
    NoticeTargets targets;
    std::set<std::string> known;
    for (const Recipient& recipient : *recipients) {
        auto mailbox = smtp::parse_mailbox(recipient.address, smtp::Utf8::allowed);
        if (!mailbox || !known.insert(recipient.address).second) continue;
        const bool local = recipient.transport == Recipient::Transport::local;
        targets.push_back({.address = *std::move(mailbox),
                           .transport = local && recipient.route.empty() ? "local" : recipient.route});
    }
    if (targets.empty() || targets.size() > spool::max_recipients) co_return std::optional<NoticeTargets>();
    co_return targets;
}

net::Async<Result<std::optional<Postmaster>>> find_postmaster(Parts& parts) {
    const config::Snapshot config = parts.daemon.config();
    for (const std::string& address : auth::postmaster_addresses(*config)) {
        auto mailbox = smtp::parse_mailbox(address);
        if (!mailbox) continue;
        if (address != config->directory.postmaster) {
            const net::Deadline deadline = net::Deadline::in(config->queued.lookup_timeout);
            const Result<bool> ours = co_await parts.directory.is_local_domain(mailbox->domain, deadline);
            if (!ours) co_return fail(ErrorCode::unavailable, ours.error().text);
            if (!*ours) continue;
        }
        Result<std::optional<NoticeTargets>> targets = co_await find_targets(parts, address, Lists::to_members);
        if (!targets) co_return fail(targets.error());
        if (*targets) co_return Postmaster{*std::move(mailbox), **std::move(targets)};
    }
    co_return std::optional<Postmaster>();
}

}  // namespace posthouse::queued
