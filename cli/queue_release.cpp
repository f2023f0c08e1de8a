// posthouse queue release
#include <ctime>
#include <memory>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

Result<Made> release(QueueTools& tools, const spool::Listed& listed) {
    if (listed.place.folder != spool::Folder::hold) return Made::nothing;
    {
        Result<spool::Entry> entry = tools.queue.spool.open(listed.place);
        if (!entry) return fail(entry.error());
        const std::int64_t now = std::time(nullptr);
        const Result<> released =
            entry->release({.kind = spool::EventKind::released, .at = now, .reply = spool::by_hand("")}, now);
        if (!released) return fail(released.error());
        tools.story.tell(entry->envelope(), story::Queue::Action::released, spool::by_hand(""));
    }  // so that queued can open it
    (void)ask_for(tools, listed);  // it is due in any case
    return Made::done;
}

}  // namespace

void add_queue_release_command(CLI::App& group, Context& context) {
    auto filter = std::make_shared<QueueFilter>();
    CLI::App* command =
        add_command(group, context, "release", "Let held messages go, at once", "queue release --all",
                    [&context, filter] { return change_queue(context, *filter, {"Released", nullptr, release}); });
    add_filter_options(*command, *filter, true);
}

}  // namespace posthouse::cli
