// Messages of the queue, changed one after the other.
#include "cli/queue_change.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/mail_owner.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace posthouse::cli {
namespace {

/// How many are meant, so that a question can name the number.
std::uint64_t count(Context& context, OpenQueue& queue, const QueueFilter& filter) {
    std::uint64_t number = 0;
    for_each_message(context, queue, filter, [&](const spool::Listed&) {
        ++number;
        return Exit::ok;
    });
    return number;
}

}  // namespace

Exit change_queue(Context& context, const QueueFilter& filter, const QueueChange& change) {
    if (filter.is_empty() && !filter.all)
        return report(context, {ErrorCode::invalid, "Which messages? Give ids, a condition, or --all", {}}),
               Exit::usage;
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    const config::Snapshot config = queue->config;
    // Files that are made by root must be good for the server's user.
    const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(*config, config->general.spool_folder);
    if (!acting) return report(context, acting.error());
    QueueTools tools{*std::move(queue), to_queued(*config), QueueStory(context, *config)};
    if (change.question != nullptr && filter.ids.empty() && !context.yes) {
        const std::uint64_t number = count(context, tools.queue, filter);
        if (number == 0) return done(context, "No messages.", {{"messages", 0}});
        const Exit answer = confirm(context, std::string(change.question) + " " + with_commas(number) +
                                                 (number == 1 ? " message?" : " messages?"));
        if (answer != Exit::ok) return answer;
    }
    std::uint64_t changed = 0;
    nlohmann::json ids = nlohmann::json::array();
    const Exit exit = for_each_message(context, tools.queue, filter, [&](const spool::Listed& listed) {
        const Result<Made> made = change.make(tools, listed);
        if (!made)
            return report(context,
                          {made.error().code, listed.envelope.id + ": " + made.error().text, made.error().detail});
        if (*made == Made::nothing) return Exit::ok;
        ++changed;
        if (context.json) ids.push_back(listed.envelope.id);
        return Exit::ok;
    });
    const Exit told = done(
        context, std::string(change.done) + " " + with_commas(changed) + (changed == 1 ? " message." : " messages."),
        {{"messages", changed}, {"ids", ids}});
    if (changed > 0 && tools.queued_is_away)
        context.err << "Note: queued does not listen: what is due is tried when it runs\n";
    return exit == Exit::ok ? told : exit;
}

Result<spool::Entry> open_entry(QueueTools& tools, const spool::Listed& listed) {
    Result<spool::Entry> entry = tools.queue.spool.open(listed.place);
    if (!entry && entry.error().code == ErrorCode::busy)
        return fail(ErrorCode::busy, "it is being delivered this moment; try again", entry.error().detail);
    return entry;
}

bool ask_for(QueueTools& tools, const spool::Listed& listed) {
    const bool heard = tell_queued(tools.queued, wake::Signal::Kind::flush, listed.envelope.id);
    tools.queued_is_away = tools.queued_is_away || !heard;
    return heard;
}

std::string by_hand(const std::string& reason) { return reason.empty() ? "by the administrator" : reason; }

}  // namespace posthouse::cli
