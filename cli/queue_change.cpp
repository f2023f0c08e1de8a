// Messages of the queue, changed one after the other.
#include "cli/queue_change.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/mail_owner.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace posthouse::cli {
namespace {

/// How many are meant, so that a question can name the number.
Result<std::uint64_t> count(Context& context, OpenQueue& queue, const QueueFilter& filter) {
    std::uint64_t number = 0;
    const auto add = [&](const auto&...) {
        ++number;
        return Result<>{};
    };
    QueueErrors errors(context);
    const Result<> visited = for_each_message(context, queue, filter, errors, {.message = add, .unreadable = add});
    if (!visited) return fail(visited.error());
    return number;
}

nlohmann::json document_of(std::size_t messages, const nlohmann::json& ids, const nlohmann::json& errors) {
    return {{"messages", messages},
            {"ids", ids.is_null() ? nlohmann::json::array() : ids},
            {"errors", errors.is_null() ? nlohmann::json::array() : errors}};
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
        const Result<std::uint64_t> number = count(context, tools.queue, filter);
        if (!number) return report(context, number.error());
        if (*number == 0) return done(context, "No messages.", document_of(0, {}, {}));
        const Exit answer = confirm(context, std::string(change.question) + " " + with_commas(*number) +
                                                 (*number == 1 ? " message?" : " messages?"));
        if (answer != Exit::ok) return answer;
    }
    std::vector<std::string> changed;
    const auto note = [&](const std::string& id, const Result<Made>& made) -> Result<> {
        if (!made) return fail(made.error());
        if (*made == Made::done) changed.push_back(id);
        return {};
    };
    QueueErrors errors(context);
    QueueVisitor visitor{
        .message = [&](const spool::Listed& listed) { return note(listed.envelope.id, change.make(tools, listed)); }};
    if (change.make_unreadable)
        visitor.unreadable = [&](const spool::Place& place, const Error& error) {
            return note(place.name.id, change.make_unreadable(tools, place, error));
        };
    const Result<> visited = for_each_message(context, tools.queue, filter, errors, visitor);
    if (!visited) return report(context, visited.error());
    const Exit told = done(context,
                           std::string(change.done) + " " + with_commas(changed.size()) +
                               (changed.size() == 1 ? " message." : " messages."),
                           document_of(changed.size(), changed, errors.list()));
    if (!changed.empty() && tools.queued_is_away)
        context.err << "Note: queued does not listen: what is due is tried when it runs\n";
    return errors.exit() == Exit::ok ? told : errors.exit();
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
