// The sessions of clients in the running daemons.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"

namespace posthouse::cli {

struct EndedSessions {
    std::size_t count = 0;
    std::set<std::string> not_asked;  ///< the control sockets of workers that run and did not answer
};

/// Ends the sessions of these users, and of everybody in a `@domain`. Nothing runs: none. A worker that does not answer
/// is pointed out on err as well. For after a change that takes something from them, once authd knows it.
EndedSessions end_sessions(Context& context, const std::vector<std::string>& users);

}  // namespace posthouse::cli
