// Who is to be told of what: NOTIFY= of RCPT (RFC 3461 §4.1).
#pragma once

#include <optional>

#include "lib/dsn/notification.h"
#include "lib/smtp/parameters.h"

namespace posthouse::dsn {

/// Whether the sender wants to know that `action` happened. nullopt, RCPT without NOTIFY, means failures, and delays
/// if `delays_unasked`: RFC 3461 §4.1 leaves that to the server.
bool is_wanted(Action action, const std::optional<smtp::DsnNotify>& notify, bool delays_unasked = true);

}  // namespace posthouse::dsn
