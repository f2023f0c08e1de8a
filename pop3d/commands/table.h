// The table of POP3 commands: which state allows each, whether it sends a password, and who handles it.
#pragma once

#include <string_view>

#include "lib/net/async.h"
#include "pop3d/session.h"

namespace posthouse::pop3d {

/// Parses a line, checks that it is allowed now, runs it, counts it.
net::Async<Answer> perform(Session& session, std::string_view line);

}  // namespace posthouse::pop3d
