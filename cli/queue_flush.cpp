// posthouse queue flush
#include <memory>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

/// What is held waits for its release. Whoever names it is told so; among others it is left. `named`: by its id.
Result<Made> flush(QueueTools& tools, const spool::Listed& listed, bool named) {
    if (listed.place.folder == spool::Folder::hold) {
        if (named) return fail(ErrorCode::invalid, "it is held: see `posthouse queue release`");
        return Made::left;
    }
    if (!ask_for(tools, listed))
        return fail(ErrorCode::unavailable, "queued does not listen: the message is tried when it is due");
    return Made::done;
}

/// That it is held is known of a file that can't be read, too.
Result<Made> flush_unreadable(const spool::Place& place, const Error& error, bool named) {
    if (named || place.folder != spool::Folder::hold) return fail(unreadable(place, error));
    return Made::left;
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
    const bool named = !filter.ids.empty();
    const auto make = [named](QueueTools& tools, const spool::Listed& listed) { return flush(tools, listed, named); };
    const auto make_unreadable = [named](QueueTools&, const spool::Place& place, const Error& error) {
        return flush_unreadable(place, error, named);
    };
    return change_queue(context, filter, {"Asked for", nullptr, make, make_unreadable});
}

}  // namespace

void add_queue_flush_command(CLI::App& group, Context& context) {
    auto filter = std::make_shared<QueueFilter>();
    CLI::App* command = add_command(
        group, context, "flush", "Try messages now, whenever they are due; what is held stays held",
        "queue flush --destination example.net", [&context, filter] { return flush_all(context, *filter); });
    add_filter_options(*command, *filter, true);
}

}  // namespace posthouse::cli
