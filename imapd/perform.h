// perform: one command, from its bytes to its reply: checks the state, parses, runs, counts.
#pragma once

#include <string_view>

#include "imapd/reply.h"
#include "lib/net/async.h"

namespace posthouse::imapd {

class Session;

/// `command`: literals embedded, without its last CRLF; an APPEND ends where its message begins.
net::Async<Reply> perform(Session& session, std::string_view command);

}  // namespace posthouse::imapd
