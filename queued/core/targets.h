// Targets: to whom a message that queued writes itself goes.
#pragma once

#include <optional>
#include <string>

#include "queued/core/notice.h"
#include "queued/core/parts.h"

namespace posthouse::queued {

/// The address as the directory resolves it now. nullopt: there is no such address. Errors: unavailable.
net::Async<Result<std::optional<NoticeTargets>>> find_targets(Parts& parts, std::string address);

}  // namespace posthouse::queued
