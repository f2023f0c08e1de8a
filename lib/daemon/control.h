// The control socket: every daemon answers HTTP about itself on a Unix socket.
#pragma once

#include "lib/daemon/daemon.h"

namespace posthouse::daemon {

/// Serves /health (it lives), /ready (503 and the reason while a part it needs is away), /metrics (Prometheus text).
net::Async<> serve_control(Daemon& daemon, Application& application, net::Stream& stream);

}  // namespace posthouse::daemon
