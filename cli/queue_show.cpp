// posthouse queue show
#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/output.h"
#include "cli/queue_commands.h"
#include "cli/queue_document.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

std::string time_or_dash(std::int64_t seconds) { return seconds == 0 ? "-" : format_time(seconds); }

void print(Context& context, const nlohmann::ordered_json& document) {
    Table fields({"FIELD", "VALUE"});
    for (const auto& [key, value] : document.items()) {
        if (key == "recipients" || key == "trying") continue;
        const bool is_time = key == "arrived" || key == "due";
        std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        if (is_time) text = time_or_dash(value.get<std::int64_t>());
        fields.add({key, text.empty() ? "-" : text});
    }
    for (const auto& one : document["trying"])
        fields.add(
            {"trying",
             to_words({.since = one["since"], .route = one["route"], .host = one["host"], .stage = one["stage"]})});
    fields.print(context.out);
    context.out << '\n';
    Table recipients({"TO", "STATE", "TRIES", "LAST", "RELAY", "DSN", "REPLY"});
    for (const auto& one : document["recipients"])
        recipients.add({one["address"], one["state"], one["attempts"].dump(), time_or_dash(one["last_attempt"]),
                        one["remote"], one["status"], one["reply"]});
    recipients.print(context.out);
}

/// As report() prints it.
nlohmann::ordered_json error_document(const QueueErrors& errors) {
    if (errors.list().empty()) return nlohmann::ordered_json::object();
    const nlohmann::json& error = errors.list().front();
    const std::string message = error["id"].get<std::string>() + ": " + error["message"].get<std::string>();
    return {{"error", {{"code", error["code"]}, {"message", message}}}};
}

Exit show(Context& context, const QueueFilter& filter) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    const Attempts attempts = Attempts::ask(context, *queue->config);
    QueueErrors errors(context);
    const auto add = [&](const spool::Listed& listed) -> Result<> {
        all.push_back(queue_document(listed, attempts.of(listed.envelope.id)));
        return {};
    };
    const auto add_unreadable = [&](const spool::Place& place, const Error& error) -> Result<> {
        if (filter.ids.size() > 1) all.push_back(queue_document(place, error));
        return fail(unreadable(place, error));
    };
    const Result<> visited =
        for_each_message(context, *queue, filter, errors, {.message = add, .unreadable = add_unreadable});
    if (!visited) return report(context, visited.error());
    if (context.json && filter.ids.size() == 1) {
        print_ordered_json(context, all.empty() ? error_document(errors) : all.front());
        return errors.exit();
    }
    if (context.json) {
        print_ordered_json(context, all);
        errors.tell();
        return errors.exit();
    }
    for (const auto& one : all) {
        print(context, one);
        if (&one != &all.back()) context.out << '\n';
    }
    return errors.exit();
}

}  // namespace

void add_queue_show_command(CLI::App& group, Context& context) {
    auto filter = std::make_shared<QueueFilter>();
    CLI::App* command = add_command(
        group, context, "show", "Show all that is known of messages: envelope, recipients, what servers said",
        "queue show 1M8FZR97B5NSDEKZ", [&context, filter] { return show(context, *filter); });
    command->add_option("id", filter->ids, "Ids of messages")->required();
}

}  // namespace posthouse::cli
