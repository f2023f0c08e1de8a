// Rate limits: whether a client, a user or a domain may send one more message now, which guardd counts for all workers.
#pragma once

#include <optional>

#include "lib/net/async.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Counts the transaction's message with its recipients. When a limit is reached it is not counted, and refused: 450
/// 4.7.1, or 550 5.5.3 when it has more recipients than the limit. What the directory says of a user and of his
/// sender's domain goes before the settings; 451 4.3.0 when it can't be asked. guardd is asked once for each message,
/// and only when there is a limit.
net::Async<std::optional<Refusal>> rate_refusal(Session& session);

}  // namespace posthouse::smtpd
