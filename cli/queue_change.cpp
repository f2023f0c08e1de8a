// Messages of the queue, changed one after the other.
#include "cli/queue_change.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/mail_owner.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"

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

/// Ids of messages, by what became of them.
struct Outcome {
    std::vector<std::string> changed{};
    std::vector<std::string> later{};
    std::vector<std::string> left{};

    void note(const std::string& id, Made made) {
        switch (made) {
            case Made::nothing: break;
            case Made::done: changed.push_back(id); break;
            case Made::later: later.push_back(id); break;
            case Made::left: left.push_back(id); break;
        }
    }
};

nlohmann::json document_of(const Outcome& outcome, const nlohmann::json& errors) {
    return {{"messages", outcome.changed.size()},
            {"ids", outcome.changed},
            {"later", outcome.later},
            {"left", outcome.left},
            {"errors", errors}};
}

/// "Asked for 2 messages; 1 is held and was left."
std::string sentence_of(const QueueChange& change, const Outcome& outcome) {
    const std::size_t changed = outcome.changed.size();
    std::string text =
        std::string(change.done) + " " + with_commas(changed) + (changed == 1 ? " message" : " messages");
    const std::size_t left = outcome.left.size();
    if (left > 0) text += "; " + with_commas(left) + (left == 1 ? " is held and was left" : " are held and were left");
    return text + ".";
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
    QueueTools tools{context, *std::move(queue), to_queued(*config), QueueStory(context, *config)};
    if (change.question != nullptr && filter.ids.empty() && !context.yes) {
        const Result<std::uint64_t> number = count(context, tools.queue, filter);
        if (!number) return report(context, number.error());
        if (*number == 0) return done(context, "No messages.", document_of({}, nlohmann::json::array()));
        const Exit answer = confirm(context, std::string(change.question) + " " + with_commas(*number) +
                                                 (*number == 1 ? " message?" : " messages?"));
        if (answer != Exit::ok) return answer;
    }
    Outcome outcome;
    const auto note = [&](const std::string& id, const Result<Made>& made) -> Result<> {
        if (!made) return fail(made.error());
        outcome.note(id, *made);
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
    const Exit told = done(context, sentence_of(change, outcome), document_of(outcome, errors.list()));
    if (!outcome.changed.empty() && tools.queued_is_away)
        context.err << "Note: queued does not listen: what is due is tried when it runs\n";
    return errors.exit() == Exit::ok ? told : errors.exit();
}

Result<Made> change_entry(QueueTools& tools, const spool::Listed& listed, const spool::Order& order,
                          const std::function<Result<>(spool::Entry& entry)>& make) {
    Result<spool::Entry> entry = tools.queue.spool.open(listed.place);
    if (!entry && entry.error().code == ErrorCode::busy) {
        const std::string& id = listed.envelope.id;
        const Result<std::vector<Attempt>> attempts = leave_order(*tools.queue.config, id, order);
        if (!attempts) return fail(ErrorCode::busy, "it is in use this moment; try again", attempts.error().message());
        // None: queued has only just opened it.
        const std::string since = attempts->empty() ? "" : " " + printable(to_words(attempts->front()));
        if (!tools.context.json)
            tools.context.out << id << " is being tried" << since << "; it is done as soon as that ends\n";
        return Made::later;
    }
    if (!entry) return fail(entry.error());
    if (const Result<> made = make(*entry); !made) return fail(made.error());
    return Made::done;
}

bool ask_for(QueueTools& tools, const spool::Listed& listed) {
    if (!tools.queued_is_away)
        tools.queued_is_away = !tell_queued(tools.queued, wake::Signal::Kind::flush, listed.envelope.id);
    return !tools.queued_is_away;
}

}  // namespace posthouse::cli
