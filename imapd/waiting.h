// Waiting for the client between commands and in IDLE, and telling it meanwhile what happens.
#pragma once

#include "lib/net/async.h"

namespace posthouse::imapd {

class Session;

/// Waits until the client sends something; false: the session has ended. Who idles (RFC 2177), or has asked for it by
/// NOTIFY (RFC 5465), is told of changes as they happen.
net::Async<bool> wait_for_client(Session& session, bool idles);

}  // namespace posthouse::imapd
