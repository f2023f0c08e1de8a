// posthouse mailbox: looking at users' mail, checking and mending it
#include "cli/command.h"
#include "cli/mailbox_commands.h"

namespace posthouse::cli {

void add_mailbox_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "mailbox", "Users' mailboxes: look at them, check and repair them");
    add_mailbox_list_command(*group, context);
    add_mailbox_status_command(*group, context);
    add_mailbox_repair_commands(*group, context);
    add_mailbox_reindex_command(*group, context);
    add_mailbox_stats_command(*group, context);
}

}  // namespace posthouse::cli
