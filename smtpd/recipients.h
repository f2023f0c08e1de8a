// Recipients: what an address that a client names leads to, and whether mail for it is taken from this client.
#pragma once

#include <expected>
#include <vector>

#include "lib/net/async.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Final recipients, or why there are none.
using Targets = std::expected<std::vector<Target>, Refusal>;

/// The final recipients of `given`, or the reply that refuses it: 550 5.1.1 unknown, 550 5.4.6 an alias loop, 550 5.7.2
/// a list that the sender may not post to, 554 5.7.1 on another server and the client may not relay, 451 what can't be
/// told now. `dsn`: what RCPT said beside it, of which each of them gets what may be told of it (RFC 3461 §5.2.7).
net::Async<Targets> find_targets(Session& session, const smtp::Mailbox& given, const smtp::RcptParameters& dsn);

}  // namespace posthouse::smtpd
