// Acceptance: what becomes of a message that was received: it goes to lmtpd while the client waits, or into the queue.
#pragma once

#include "lib/net/async.h"
#include "smtpd/receiving/reception.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Recipients of a message that goes to lmtpd while the client waits: more would make it wait long.
inline constexpr std::size_t max_direct_recipients = 10;

/// Delivers the transaction's message, or queues it for those who can't have it now, and answers: 250 when each
/// recipient has it or it lies in the queue for them, durably (docs/decisions/0083-direct-or-queued.md). Counts, logs
/// and tells it. The transaction is still there afterwards.
net::Async<Answer> accept(Session& session, Reception& message);

}  // namespace posthouse::smtpd
