// posthouse queue hold
#include <CLI/Option.hpp>
#include <ctime>
#include <memory>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

struct Options {
    QueueFilter filter;
    std::string reason;
};

Result<Made> hold(QueueTools& tools, const spool::Listed& listed, const std::string& reason) {
    if (listed.place.folder == spool::Folder::hold) return Made::nothing;
    return change_entry(tools, listed, {spool::Order::Kind::hold, reason}, [&](spool::Entry& entry) {
        const std::string why = spool::by_hand(reason);
        const Result<> held = entry.hold({.kind = spool::EventKind::held, .at = std::time(nullptr), .reply = why});
        if (held) tools.story.tell(entry.envelope(), story::Queue::Action::held, why);
        return held;
    });
}

}  // namespace

void add_queue_hold_command(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(group, context, "hold", "Keep messages back until they are released",
                    "queue hold --sender newsletter@example.org", [&context, options] {
                        return change_queue(context, options->filter,
                                            {"Held", "Hold", [&](QueueTools& tools, const spool::Listed& listed) {
                                                 return hold(tools, listed, options->reason);
                                             }});
                    });
    add_filter_options(*command, options->filter, true);
    command->add_option("--because", options->reason, "Why; noted in the message's story")->type_name("TEXT");
}

}  // namespace posthouse::cli
