// An HTTP client for Unix sockets: one GET to a daemon's control socket.
#pragma once

#include <string>

#include "lib/http/message.h"
#include "lib/net/async.h"
#include "lib/net/deadline.h"
#include "lib/net/loop.h"

namespace posthouse::bridge {

/// The answer to `GET target` on the Unix socket `path`, of at most 8 MiB. Errors: unavailable (nobody listens),
/// timeout (no whole answer by `deadline`), invalid (no HTTP), limit (too large), closed, io.
net::Async<Result<http::Response>> get(net::Loop& loop, std::string path, std::string target, net::Deadline deadline);

}  // namespace posthouse::bridge
