// posthouse queue bounce
#include <CLI/Option.hpp>
#include <ctime>
#include <memory>
#include <span>
#include <vector>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

struct Options {
    QueueFilter filter;
    std::string reason;
};

std::vector<std::uint32_t> due_of(const spool::Entry& entry) {
    std::vector<std::uint32_t> due;
    for (std::uint32_t number = 0; number < entry.states().size(); ++number)
        if (entry.states()[number].is_due()) due.push_back(number);
    return due;
}

Result<> give_up(QueueTools& tools, spool::Entry& entry, const std::string& reason) {
    const std::vector<std::uint32_t> due = due_of(entry);
    const std::int64_t now = std::time(nullptr);
    if (!due.empty()) {
        const spool::Event event{.kind = spool::EventKind::bounced,
                                 .at = now,
                                 .recipients = due,
                                 .status = "5.7.1",
                                 .reply = reason.empty() ? "Given up by the administrator" : reason};
        if (Result<> recorded = entry.record(std::span(&event, 1)); !recorded) return recorded;
        tools.story.tell_bounced(entry.envelope(), event);
    }
    if (entry.place().folder != spool::Folder::hold) return {};
    const Result<> released = entry.release({.kind = spool::EventKind::released, .at = now, .reply = by_hand("")}, now);
    if (released) tools.story.tell(entry.envelope(), story::Queue::Action::released, by_hand(""));
    return released;
}

/// Gives up whoever is still due; queued tells the sender.
Result<> bounce(QueueTools& tools, const spool::Listed& listed, const std::string& reason) {
    {
        Result<spool::Entry> entry = open_entry(tools, listed);
        if (!entry) return fail(entry.error());
        if (Result<> given_up = give_up(tools, *entry, reason); !given_up) return given_up;
    }  // so that queued can open it
    return ask_for(tools, listed);
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
