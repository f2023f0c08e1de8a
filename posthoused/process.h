// Process: starts a daemon's program with its sockets and its bundle, and takes what it writes to standard error.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::supervisor {

struct Launch {
    std::string program;                               ///< path
    std::string config_path;                           ///< shown in the list of processes
    std::vector<std::pair<std::string, int>> sockets;  ///< name and descriptor, passed as descriptors 3, 4, …
    int bundle = -1;                                   ///< descriptor
    std::string notify_path;                           ///< NOTIFY_SOCKET
    bool own_stderr = false;  ///< a pipe; else the daemon shares the supervisor's standard error
};

struct Started {
    pid_t pid = -1;
    UniqueFd stderr_pipe;  ///< the reading end, non-blocking
};

/// Forks and executes. The child dies (SIGKILL) when the supervisor does. A program that cannot be executed ends with
/// code 127 and a line on its standard error. Errors: io (fork, pipe).
Result<Started> start_process(const Launch& launch);

}  // namespace posthouse::supervisor
