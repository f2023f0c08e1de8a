// The sockets of all daemons. They are bound before any daemon starts and stay open over restarts and reloads, so that
// no connection is refused meanwhile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "posthoused/daemons.h"

namespace posthouse::supervisor {

/// One listening socket of one worker, or of all workers of a daemon (Unix sockets).
struct Socket {
    std::string name;  ///< as in LISTEN_FDNAMES: "smtp", "control"
    std::string_view daemon;
    std::int64_t worker = 0;  ///< 1, 2, …; 0: shared by all workers
    std::string path;         ///< of a Unix socket
    UniqueFd fd;
};

/// Binds everything that `config` names, and a control socket per worker. A port that somebody else listens on is an
/// error although SO_REUSEPORT would share it. Errors name the parameter and the address. On failure no socket file
/// that was made stays.
Result<std::vector<Socket>> bind_sockets(const config::Config& config);

/// run_folder/control/imapd-1.sock
std::string control_path(const config::Config& config, std::string_view daemon, std::int64_t worker);
/// False for a daemon all of whose listeners are switched off; one that never has any is not meant.
bool has_listeners(const config::Config& config, const DaemonKind& kind);

}  // namespace posthouse::supervisor
