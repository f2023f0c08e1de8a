// posthouse user rename, posthouse domain rename
#pragma once

#include <CLI/App.hpp>

#include "cli/command.h"

namespace posthouse::cli {

/// Added to the groups `user` and `domain`. The mail moves along.
void add_user_rename(CLI::App& group, Context& context);
void add_domain_rename(CLI::App& group, Context& context);

}  // namespace posthouse::cli
