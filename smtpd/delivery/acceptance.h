// Acceptance: what becomes of a message that was received: it goes to lmtpd while the client waits, or into the queue.
#pragma once

#include "lib/net/async.h"
#include "lib/smtp/reply.h"
#include "smtpd/receiving/reception.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Recipients of a message that goes to lmtpd while the client waits: more would make it wait long.
inline constexpr std::size_t max_direct_recipients = 10;

/// Delivers the transaction's message, or queues it for those who can't have it now, and gives the reply: 250 when each
/// recipient has it or it lies in the queue for them, durably (docs/decisions/0083-direct-or-queued.md). Counts and
/// logs. The transaction is still there afterwards.
net::Async<smtp::Reply> accept(Session& session, Reception& message);

}  // namespace posthouse::smtpd
