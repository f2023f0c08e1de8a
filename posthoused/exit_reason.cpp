// The status of waitpid(2) in words.
#include "posthoused/exit_reason.h"

#include <sys/wait.h>

#include <csignal>
#include <cstring>

namespace posthouse::supervisor {

std::string exit_reason(int wait_status) {
    if (WIFEXITED(wait_status)) return "exited with code " + std::to_string(WEXITSTATUS(wait_status));
    if (!WIFSIGNALED(wait_status)) return "stopped";
    const int number = WTERMSIG(wait_status);
    const char* name = ::sigabbrev_np(number);
    std::string out = "killed by " + (name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(number));
    if (WCOREDUMP(wait_status)) out += " (core dumped)";
    return out;
}

}  // namespace posthouse::supervisor
