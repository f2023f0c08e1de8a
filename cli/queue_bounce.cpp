// posthouse queue bounce
#include <CLI/Option.hpp>
#include <ctime>
#include <memory>
#include <vector>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

struct Options {
    QueueFilter filter;
    std::string reason;
};

Result<> give_up(QueueTools& tools, spool::Entry& entry, const std::string& reason) {
    const std::int64_t now = std::time(nullptr);
    const std::vector<spool::Event> events = spool::given_up(entry, reason, now);
    if (Result<> recorded = entry.record(events); !recorded) return recorded;
    for (const spool::Event& event : events) tools.story.tell_bounced(entry.envelope(), event);
    if (entry.place().folder != spool::Folder::hold) return {};
    const Result<> released =
        entry.release({.kind = spool::EventKind::released, .at = now, .reply = spool::by_hand("")}, now);
    if (released) tools.story.tell(entry.envelope(), story::Queue::Action::released, spool::by_hand(""));
    return released;
}

/// Gives up whoever is still due; queued tells the sender.
Result<Made> bounce(QueueTools& tools, const spool::Listed& listed, const std::string& reason) {
    const Result<Made> made = change_entry(tools, listed, {spool::Order::Kind::bounce, reason},
                                           [&](spool::Entry& entry) { return give_up(tools, entry, reason); });
    if (made && *made == Made::done) (void)ask_for(tools, listed);  // when it is away it does that when it runs
    return made;
}

}  // namespace

void add_queue_bounce_command(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(group, context, "bounce", "Give messages up now; their senders are told, as after days of trying",
                    "queue bounce 1M8FZR97B5NSDEKZ --because \"No such company any more\"", [&context, options] {
                        return change_queue(context, options->filter,
                                            {"Gave up", "Give up", [&](QueueTools& tools, const spool::Listed& listed) {
                                                 return bounce(tools, listed, options->reason);
                                             }});
                    });
    add_filter_options(*command, options->filter, true);
    command->add_option("--because", options->reason, "What the senders are told")->type_name("TEXT");
}

}  // namespace posthouse::cli
