// Asks a daemon on its control socket.
#pragma once

#include <string>

#include "lib/http/message.h"
#include "lib/net/async.h"
#include "lib/net/deadline.h"
#include "lib/net/loop.h"

namespace posthouse::daemon {

/// The answer to one request on the Unix socket `path`, of at most 8 MiB; the connection ends with it. Errors:
/// unavailable (nobody listens), timeout (no whole answer by `deadline`), invalid (no HTTP), limit (too large), closed,
/// io.
net::Async<Result<http::Response>> ask_control(net::Loop& loop, std::string path, http::Request request,
                                               net::Deadline deadline);

}  // namespace posthouse::daemon
