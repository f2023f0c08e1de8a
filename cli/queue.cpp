// posthouse queue: messages that wait, and what is done with them
#include "cli/queue_commands.h"

namespace posthouse::cli {

void add_queue_commands(CLI::App& app, Context& context) {
    CLI::App* group =
        add_group(app, "queue", "Messages on their way: look at them, hold, release, flush, requeue, give up, delete");
    add_queue_list_command(*group, context);
    add_queue_summary_command(*group, context);
    add_queue_show_command(*group, context);
    add_queue_cat_command(*group, context);
    add_queue_hold_command(*group, context);
    add_queue_release_command(*group, context);
    add_queue_flush_command(*group, context);
    add_queue_bounce_command(*group, context);
    add_queue_delete_command(*group, context);
    add_queue_requeue_command(*group, context);
}

}  // namespace posthouse::cli
