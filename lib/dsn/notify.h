// Who is to be told of what: NOTIFY= of RCPT, and what it becomes after relaying (RFC 3461 §4.1, §5.2).
#pragma once

#include <optional>

#include "lib/dsn/notification.h"
#include "lib/smtp/parameters.h"

namespace posthouse::dsn {

/// Whether the sender wants to know that `action` happened. nullopt, RCPT without NOTIFY, means failures, and delays
/// if `delays_unasked`: RFC 3461 §4.1 leaves that to the server.
bool is_wanted(Action action, const std::optional<smtp::DsnNotify>& notify, bool delays_unasked = true);

/// What to report of a recipient whose message the next server took: nothing when the parameters went along to a
/// server that offers DSN, which reports from there on (RFC 3461 §5.2.1); else `relayed`, if success was to be told
/// (RFC 3461 §5.2.2).
std::optional<Action> after_relay(const std::optional<smtp::DsnNotify>& notify, bool peer_offers_dsn);

}  // namespace posthouse::dsn
