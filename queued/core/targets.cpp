// Targets: asked of authd.
#include "queued/core/targets.h"

#include <utility>

namespace posthouse::queued {

net::Async<Result<std::optional<NoticeTargets>>> find_targets(Parts& parts, std::string address) {
    const net::Deadline deadline = net::Deadline::in(parts.daemon.config()->queued.lookup_timeout);
    const auto resolved = co_await parts.directory.resolve(std::move(address), deadline);
    if (!resolved && resolved.error().code == ErrorCode::denied) co_return std::optional<NoticeTargets>();
    if (!resolved) co_return fail(ErrorCode::unavailable, resolved.error().text);
    if (!*resolved) co_return std::optional<NoticeTargets>();
    NoticeTargets targets;
    for (const auth::Recipient& recipient : (*resolved)->recipients) {
        auto mailbox = smtp::parse_mailbox(recipient.address, smtp::Utf8::allowed);
        if (!mailbox) continue;
        const bool local = recipient.transport == auth::Recipient::Transport::local;
        targets.push_back({.address = *std::move(mailbox),
                           .transport = local && recipient.route.empty() ? "local" : recipient.route});
    }
    if (targets.empty() || targets.size() > spool::max_recipients) co_return std::optional<NoticeTargets>();
    co_return targets;
}

}  // namespace posthouse::queued
