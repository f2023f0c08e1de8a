// The table of LMTP commands: what must have come before each, and who handles it.
#pragma once

#include <string_view>

#include "lib/net/async.h"
#include "lmtpd/session.h"

namespace posthouse::lmtpd {

/// Divides a line, checks that the command is allowed now, parses its arguments, runs it.
net::Async<Answer> perform(Session& session, std::string_view line);

}  // namespace posthouse::lmtpd
