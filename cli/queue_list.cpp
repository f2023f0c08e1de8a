// posthouse queue list
#include <CLI/Option.hpp>
#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/queue_commands.h"
#include "cli/queue_document.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

/// Rows that people are shown unless they ask for more.
constexpr std::size_t default_rows = 1000;

struct ListOptions {
    QueueFilter filter;
    std::optional<std::size_t> limit;
};

std::size_t due_recipients(const spool::Listed& listed) {
    return static_cast<std::size_t>(std::ranges::count_if(listed.states, &spool::RecipientState::is_due));
}

/// The first of those that are still due; nothing: nobody is.
std::optional<std::size_t> first_due(const spool::Listed& listed) {
    const auto found = std::ranges::find_if(listed.states, &spool::RecipientState::is_due);
    if (found == listed.states.end()) return std::nullopt;
    return static_cast<std::size_t>(found - listed.states.begin());
}

/// When it is tried, for people.
std::string next_try(const spool::Listed& listed, std::span<const Attempt> attempts) {
    if (!attempts.empty()) return "being tried";
    if (listed.place.folder == spool::Folder::hold) return "held";
    return listed.place.name.due <= std::time(nullptr) ? "now" : format_time(listed.place.name.due);
}

/// Where it is being tried, why it is kept back, or what was last said of the first that is due.
std::string reason_of(const spool::Listed& listed, std::span<const Attempt> attempts) {
    if (!attempts.empty()) return "being tried " + to_words(attempts.front());
    if (listed.place.folder == spool::Folder::hold && !listed.held.empty()) return "held: " + listed.held;
    const auto first = first_due(listed);
    return first ? waiting_reason(listed.states[*first]) : "nobody is left";
}

std::vector<std::string> row_of(const spool::Listed& listed, std::span<const Attempt> attempts) {
    const auto first = first_due(listed);
    const std::size_t due = due_recipients(listed);
    std::string to = first ? listed.envelope.recipients[*first].address.to_string() : "-";
    if (due > 1) to += " and " + std::to_string(due - 1) + " more";
    return {listed.envelope.id,
            std::string(to_string(listed.place.folder)),
            format_time(listed.envelope.arrived),
            next_try(listed, attempts),
            format_size(listed.message_bytes),
            shown(listed.envelope.sender),
            std::move(to),
            reason_of(listed, attempts)};
}

std::vector<std::string> row_of(const spool::Place& place, const Error& error) {
    return {place.name.id, std::string(to_string(place.folder)), "-", "-", "-", "-", "-", error.message()};
}

Exit list(Context& context, const ListOptions& options) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    const std::size_t limit =
        options.limit.value_or(context.json ? std::numeric_limits<std::size_t>::max() : default_rows);
    nlohmann::ordered_json documents = nlohmann::ordered_json::array();
    Table table({"ID", "STATE", "ARRIVED", "NEXT", "SIZE", "FROM", "TO", "REASON"});
    std::size_t count = 0;
    const auto add = [&](const auto&... what) -> Result<> {
        if (++count > limit) return {};
        if (context.json)
            documents.push_back(queue_document(what...));
        else
            table.add(row_of(what...));
        return {};
    };
    const Attempts attempts = Attempts::ask(context, *queue->config);
    const auto add_message = [&](const spool::Listed& listed) { return add(listed, attempts.of(listed.envelope.id)); };
    QueueErrors errors(context);
    const Result<> visited =
        for_each_message(context, *queue, options.filter, errors, {.message = add_message, .unreadable = add});
    if (!visited) return report(context, visited.error());
    if (context.json)
        print_ordered_json(context, documents);
    else if (count == 0)
        context.out << "No messages.\n";
    else
        table.print(context.out);
    if (count > limit)
        context.err << "Note: " << with_commas(count - limit)
                    << " more messages are not listed: see --limit, or `posthouse queue summary`\n";
    errors.tell();
    return errors.exit();
}

}  // namespace

void add_queue_list_command(CLI::App& group, Context& context) {
    auto listing = std::make_shared<ListOptions>();
    CLI::App* command = add_command(group, context, "list", "List messages, those that are due first at the beginning",
                                    "queue list --destination example.net --older-than 2h",
                                    [&context, listing] { return list(context, *listing); });
    add_filter_options(*command, listing->filter, false);
    command->add_option("--limit", listing->limit, "Most messages to list (default: 1000; with --json all)")
        ->type_name("N");
}

}  // namespace posthouse::cli
