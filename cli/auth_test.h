// posthouse auth test
#pragma once

#include "cli/command.h"

namespace posthouse::cli {

/// Adds the command to group `auth`.
void add_auth_test_command(CLI::App& auth, Context& context);

}  // namespace posthouse::cli
