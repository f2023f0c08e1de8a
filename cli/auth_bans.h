// posthouse auth bans …: whose log-ins guardd refuses.
#pragma once

#include "cli/command.h"

namespace posthouse::cli {

/// Adds the group `bans` to the group `auth`.
void add_ban_commands(CLI::App& auth, Context& context);

}  // namespace posthouse::cli
