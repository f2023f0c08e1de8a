// posthouse queue bounce
#include <CLI/Option.hpp>
#include <ctime>
#include <map>
#include <memory>
#include <vector>

#include "cli/queue_change.h"

namespace posthouse::cli {
namespace {

struct Options {
    QueueFilter filter;
    std::string reason;
};

/// Who gave the recipient up, why, and what was known of it until then. No server has refused it, so none is named as
/// the one that did.
std::string words_of(const spool::RecipientState& state, const std::string& reason) {
    std::string words = "Given up by the administrator of this server";
    if (!reason.empty()) words += ": " + reason;
    if (state.reply.empty()) return words;
    return words + ". " + (state.remote.empty() ? "Until then" : "The last answer of " + state.remote) + ": " +
           state.reply;
}

/// Of whoever is still due; alike ones together.
std::vector<spool::Event> given_up(const spool::Entry& entry, const std::string& reason, std::int64_t now) {
    std::map<std::string, spool::Event> events;
    for (std::uint32_t number = 0; number < entry.states().size(); ++number) {
        if (!entry.states()[number].is_due()) continue;
        std::string words = words_of(entry.states()[number], reason);
        spool::Event& event = events[words];
        event.kind = spool::EventKind::bounced;
        event.at = now;
        event.recipients.push_back(number);
        // No status fits a decision of people (RFC 3463 §3.1).
        event.status = "5.0.0";
        event.reply = std::move(words);
    }
    std::vector<spool::Event> result;
    for (auto& [words, event] : events) result.push_back(std::move(event));
    return result;
}

Result<> give_up(QueueTools& tools, spool::Entry& entry, const std::string& reason) {
    const std::int64_t now = std::time(nullptr);
    const std::vector<spool::Event> events = given_up(entry, reason, now);
    if (Result<> recorded = entry.record(events); !recorded) return recorded;
    for (const spool::Event& event : events) tools.story.tell_bounced(entry.envelope(), event);
    if (entry.place().folder != spool::Folder::hold) return {};
    const Result<> released = entry.release({.kind = spool::EventKind::released, .at = now, .reply = by_hand("")}, now);
    if (released) tools.story.tell(entry.envelope(), story::Queue::Action::released, by_hand(""));
    return released;
}

/// Gives up whoever is still due; queued tells the sender.
Result<Made> bounce(QueueTools& tools, const spool::Listed& listed, const std::string& reason) {
    {
        Result<spool::Entry> entry = open_entry(tools, listed);
        if (!entry) return fail(entry.error());
        if (Result<> made = give_up(tools, *entry, reason); !made) return fail(made.error());
    }  // so that queued can open it
    (void)ask_for(tools, listed);  // what is owed to the sender is written in any case
    return Made::done;
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
