// The sessions of clients in the running daemons.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/command.h"

namespace posthouse::cli {

/// Ends the sessions of these users, and of everybody in a `@domain`; how many. Nothing runs: none. A daemon that does
/// not answer is pointed out on err. For after a change that takes something from them, once authd knows it.
std::size_t end_sessions(Context& context, const std::vector<std::string>& users);

}  // namespace posthouse::cli
