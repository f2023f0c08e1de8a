// Targets: to whom a message that queued writes itself goes.
#pragma once

#include <optional>
#include <string>

#include "queued/core/notice.h"
#include "queued/core/parts.h"

namespace posthouse::queued {

/// Who gets what goes to a list: a report belongs to its owner, and is nobody's way to post to it.
enum class Lists { to_owners, to_members };

/// The address as the directory resolves it now. nullopt: there is no such address, or nobody behind it gets reports.
/// Errors: unavailable.
net::Async<Result<std::optional<NoticeTargets>>> find_targets(Parts& parts, std::string address,
                                                              Lists lists = Lists::to_owners);

/// The postmaster, as one of his addresses that somebody reads (auth::postmaster_addresses).
struct Postmaster {
    smtp::Mailbox address;
    NoticeTargets targets;
};
/// nullopt: nobody is. Errors: unavailable.
net::Async<Result<std::optional<Postmaster>>> find_postmaster(Parts& parts);

}  // namespace posthouse::queued
