// The status file run_folder/status.json, which `posthouse status` reads, and the lock that keeps a second supervisor
// away from the same folder.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::supervisor {

/// One worker of a daemon as the status file shows it.
struct PartStatus {
    std::string name;
    std::int64_t worker = 1;
    std::string_view state;  ///< "starting", "ready", "waiting" (for its restart), "stopping", "stopped"
    pid_t pid = 0;           ///< 0: none
    std::time_t since = 0;   ///< in this state
    unsigned restarts = 0;
    std::string last_exit;  ///< "killed by SIGSEGV"; empty: never died
    std::string control;    ///< path of its control socket
};

struct Status {
    std::string_view state;  ///< "starting", "running", "stopping"
    std::time_t since = 0;
    std::string config_path;
    std::vector<PartStatus> parts;
};

/// Replaces run_folder/status.json at once. A reader never sees half of it.
Result<> write_status(const config::Config& config, const Status& status);
std::string status_path(const config::Config& config);
std::string pid_path(const config::Config& config);

/// Holds run_folder/posthoused.pid locked, with this process's id in it, for as long as the descriptor lives.
/// Errors: busy (another supervisor holds it; the text names its process id); denied; io.
Result<UniqueFd> lock_run_folder(const config::Config& config);

}  // namespace posthouse::supervisor
