// What a user's mail may take.
#pragma once

#include "auth/directory/directory.h"
#include "lib/config/config.h"
#include "storage/configure.h"

namespace posthouse::cli {

/// The user's own quota, and section [quota] for the rest. Errors: invalid (words of [quota] without sense).
Result<storage::QuotaLimits> quota_of(const config::Config& config, const auth::User& user);

}  // namespace posthouse::cli
