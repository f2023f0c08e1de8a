// Requests in the Postfix policy protocol, off a connection: for every daemon that answers them.
#pragma once

#include <optional>

#include "lib/net/async.h"
#include "lib/net/stream.h"
#include "lib/policy/policy.h"

namespace posthouse::daemon {

/// The next request; connections stay idle for days, but a request that has begun must end within 10 seconds. nullopt:
/// the peer closed, or the daemon drains, between requests. invalid, limit: malformed; after any failure the connection
/// is to be closed.
net::Async<Result<std::optional<policy::Request>>> read_policy_request(net::Stream& stream);
/// Sends the answer.
net::Async<Result<>> write_policy_reply(net::Stream& stream, const policy::Reply& reply);

}  // namespace posthouse::daemon
