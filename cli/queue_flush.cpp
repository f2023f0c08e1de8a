// posthouse queue flush
#include <memory>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

Result<Made> flush(QueueTools& tools, const spool::Listed& listed) {
    if (listed.place.folder == spool::Folder::hold)
        return fail(ErrorCode::invalid, "it is held: see `posthouse queue release`");
    if (!ask_for(tools, listed))
        return fail(ErrorCode::unavailable, "queued does not listen: it will be tried when queued runs");
    return Made::done;
}

/// A destination that counts as dead is tried again, and its messages.
Exit flush_all(Context& context, const QueueFilter& filter) {
    if (!filter.destination.empty()) {
        const Result<config::Snapshot> config = context.config();
        if (!config) return report(context, config.error());
        wake::Sender queued = to_queued(**config);
        const std::string& name = filter.destination;
        const bool is_transport = name == "local" || name.find(':') != std::string::npos;
        // When queued doesn't listen, each message says so.
        (void)tell_queued(queued, wake::Signal::Kind::destination, is_transport ? name : "smtp:" + name);
    }
    return change_queue(context, filter, {"Asked for", nullptr, flush});
}

}  // namespace

void add_queue_flush_command(CLI::App& group, Context& context) {
    auto filter = std::make_shared<QueueFilter>();
    CLI::App* command = add_command(group, context, "flush", "Try messages now, whenever they are due",
                                    "queue flush --destination example.net",
                                    [&context, filter] { return flush_all(context, *filter); });
    add_filter_options(*command, *filter, true);
}

}  // namespace posthouse::cli
