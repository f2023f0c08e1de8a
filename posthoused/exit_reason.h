// Why a process ended, in words.
#pragma once

#include <string>

namespace posthouse::supervisor {

/// Of a status of waitpid(2): "exited with code 1", "killed by SIGSEGV (core dumped)".
std::string exit_reason(int wait_status);

}  // namespace posthouse::supervisor
