// posthouse domain show
#pragma once

#include "cli/command.h"

namespace posthouse::cli {

void add_domain_show_command(CLI::App& group, Context& context);

}  // namespace posthouse::cli
