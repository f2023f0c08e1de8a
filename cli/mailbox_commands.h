// The commands of `posthouse mailbox`, a file each.
#pragma once

#include <CLI/App.hpp>

#include "cli/command.h"

namespace posthouse::cli {

void add_mailbox_list_command(CLI::App& group, Context& context);
void add_mailbox_status_command(CLI::App& group, Context& context);
/// check and repair: a repair is a check that does something.
void add_mailbox_repair_commands(CLI::App& group, Context& context);
void add_mailbox_reindex_command(CLI::App& group, Context& context);
void add_mailbox_stats_command(CLI::App& group, Context& context);

}  // namespace posthouse::cli
