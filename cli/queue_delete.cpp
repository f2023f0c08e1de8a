// posthouse queue delete
#include <memory>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

Result<Made> remove(QueueTools& tools, const spool::Listed& listed) {
    return change_entry(tools, listed, {spool::Order::Kind::remove}, [&](spool::Entry& entry) {
        const Result<> removed = entry.remove();
        if (removed) tools.story.tell(entry.envelope(), story::Queue::Action::deleted, spool::by_hand(""));
        return removed;
    });
}

/// What was put aside can be thrown away as well. Elsewhere it may be on its way here (a copy that isn't whole yet).
Result<Made> remove_unreadable(QueueTools& tools, const spool::Place& place, const Error& error) {
    if (place.folder != spool::Folder::corrupt) return fail(unreadable(place, error));
    const Result<> removed = tools.queue.spool.remove_corrupt(place);
    if (!removed) return fail(removed.error());
    return Made::done;
}

}  // namespace

void add_queue_delete_command(CLI::App& group, Context& context) {
    auto filter = std::make_shared<QueueFilter>();
    CLI::App* command =
        add_command(group, context, "delete", "Remove messages; nobody is told, and they can't be got back",
                    "queue delete 1M8FZR97B5NSDEKZ", [&context, filter] {
                        return change_queue(context, *filter,
                                            {"Deleted", "Delete, without telling anybody,", remove, remove_unreadable});
                    });
    add_filter_options(*command, *filter, true);
}

}  // namespace posthouse::cli
