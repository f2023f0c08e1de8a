// A mail store that isn't there: not mounted, or lost.
#pragma once

#include "lib/config/check.h"
#include "lib/config/config.h"
#include "lib/config/load.h"

namespace posthouse::storage {

/// general.mail_root is missing or empty although there are indexes of mailboxes: mail that came now would lie below
/// the mount point, and clients would see new, empty mailboxes.
config::Problems lost_mail_problems(const config::Config& config, const config::Origins& origins);

}  // namespace posthouse::storage
