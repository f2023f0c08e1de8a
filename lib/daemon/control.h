// The control socket: every daemon answers HTTP about itself on a Unix socket.
#pragma once

#include "lib/daemon/daemon.h"
#include "lib/daemon/session_table.h"

namespace posthouse::daemon {

/// Serves /health (it lives), /ready (503 and the reason while a part it needs is away), /metrics (Prometheus text),
/// /sessions (SessionTable::to_json), and POST /kick: ends the sessions of the users and @domains that the body names,
/// one on a line, and answers how many these were; and what Application::control knows.
net::Async<> serve_control(Daemon& daemon, Application& application, SessionTable& sessions, net::Stream& stream);

}  // namespace posthouse::daemon
