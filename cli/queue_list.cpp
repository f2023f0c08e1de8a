// posthouse queue list|summary
#include <CLI/Option.hpp>
#include <algorithm>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/queue_commands.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

struct ListOptions {
    QueueFilter filter;
    std::size_t limit = 1000;
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

std::string reason_of(const spool::RecipientState& state) {
    std::string text = state.remote;
    if (!state.reply.empty()) text += (text.empty() ? "" : ": ") + state.reply;
    return text.empty() && state.deferrals == 0 ? "not tried yet" : text;
}

nlohmann::json to_json(const spool::Listed& listed) {
    nlohmann::json recipients = nlohmann::json::array();
    for (std::size_t i = 0; i < listed.states.size(); ++i) {
        const spool::RecipientState& state = listed.states[i];
        if (!state.is_due()) continue;
        recipients.push_back({{"address", listed.envelope.recipients[i].address.to_string()},
                              {"attempts", state.deferrals},
                              {"last_attempt", state.last_try},
                              {"status", state.status},
                              {"remote", state.remote},
                              {"reason", state.reply}});
    }
    return {{"id", listed.envelope.id},
            {"state", to_string(listed.place.folder)},
            {"sender", shown(listed.envelope.sender)},
            {"arrived", listed.envelope.arrived},
            {"due", listed.place.name.due},
            {"size", listed.message_bytes},
            {"user", listed.envelope.client.user},
            {"recipients", std::move(recipients)}};
}

/// When it is tried, for people.
std::string next_try(const spool::Listed& listed) {
    if (listed.place.folder == spool::Folder::hold) return "held";
    return listed.place.name.due <= std::time(nullptr) ? "now" : format_time(listed.place.name.due);
}

Exit list(Context& context, const ListOptions& options) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    nlohmann::json rows = nlohmann::json::array();
    Table table({"ID", "STATE", "ARRIVED", "NEXT", "SIZE", "FROM", "TO", "REASON"});
    std::size_t count = 0;
    const Exit exit = for_each_message(context, *queue, options.filter, [&](const spool::Listed& listed) {
        if (++count > options.limit) return Exit::ok;
        if (context.json) {
            rows.push_back(to_json(listed));
            return Exit::ok;
        }
        const auto first = first_due(listed);
        const std::size_t due = due_recipients(listed);
        std::string to = first ? listed.envelope.recipients[*first].address.to_string() : "-";
        if (due > 1) to += " and " + std::to_string(due - 1) + " more";
        table.add({listed.envelope.id, std::string(to_string(listed.place.folder)),
                   format_time(listed.envelope.arrived), next_try(listed), format_size(listed.message_bytes),
                   shown(listed.envelope.sender), to, first ? reason_of(listed.states[*first]) : "nobody is left"});
        return Exit::ok;
    });
    if (context.json) {
        print_json(context, rows);
        return exit;
    }
    if (count == 0) context.out << "No messages.\n";
    if (count > 0) table.print(context.out);
    if (count > options.limit)
        context.out << "… and " << with_commas(count - options.limit)
                    << " more: see --limit, or `posthouse queue summary`.\n";
    return exit;
}

/// What is told of messages that have something in common.
struct Sum {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::int64_t oldest = 0;
    std::string reason;
    void add(const spool::Listed& listed, const std::string& last_reason) {
        ++messages;
        bytes += listed.message_bytes;
        if (oldest == 0 || listed.envelope.arrived < oldest) oldest = listed.envelope.arrived;
        if (!last_reason.empty()) reason = last_reason;
    }
};

struct SummaryOptions {
    QueueFilter filter;
    std::string by = "destination";
};

/// By what a message is counted, each with the reason it waits for; a message of several destinations counts for each.
std::map<std::string, std::string> keys_of(const spool::Listed& listed, const std::string& by) {
    std::map<std::string, std::string> keys;
    for (std::size_t i = 0; i < listed.states.size(); ++i) {
        const spool::RecipientState& state = listed.states[i];
        if (!state.is_due()) continue;
        const spool::Recipient& recipient = listed.envelope.recipients[i];
        std::string key = recipient.transport.empty() ? recipient.address.domain : recipient.transport;
        if (by == "sender") key = shown(listed.envelope.sender);
        if (by == "state") key = to_string(listed.place.folder);
        if (by == "reason") key = reason_of(state);
        keys[std::move(key)] = reason_of(state);
    }
    return keys;
}

Exit summary(Context& context, const SummaryOptions& options) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    Sum total;
    std::map<std::string, Sum> sums;
    const Exit exit = for_each_message(context, *queue, options.filter, [&](const spool::Listed& listed) {
        total.add(listed, "");
        for (const auto& [key, reason] : keys_of(listed, options.by)) sums[key].add(listed, reason);
        return Exit::ok;
    });
    std::vector<std::pair<std::string, Sum>> rows(sums.begin(), sums.end());
    std::ranges::sort(rows, [](const auto& a, const auto& b) {
        return std::pair(b.second.messages, a.first) < std::pair(a.second.messages, b.first);
    });
    if (context.json) {
        nlohmann::json groups = nlohmann::json::array();
        for (const auto& [key, sum] : rows)
            groups.push_back({{options.by, key},
                              {"messages", sum.messages},
                              {"bytes", sum.bytes},
                              {"oldest", sum.oldest},
                              {"reason", sum.reason}});
        print_json(
            context,
            {{"messages", total.messages}, {"bytes", total.bytes}, {"oldest", total.oldest}, {"groups", groups}});
        return exit;
    }
    if (total.messages == 0) {
        context.out << "No messages.\n";
        return exit;
    }
    std::string heading = options.by;
    std::ranges::transform(heading, heading.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    Table table({heading, "MESSAGES", "SIZE", "OLDEST", "REASON"});
    for (const auto& [key, sum] : rows)
        table.add({key, with_commas(sum.messages), format_size(sum.bytes), format_time(sum.oldest),
                   options.by == "reason" ? "" : sum.reason});
    table.print(context.out);
    context.out << with_commas(total.messages) << " messages, " << format_size(total.bytes) << "\n";
    return exit;
}

}  // namespace

void add_queue_list_commands(CLI::App& group, Context& context) {
    auto listing = std::make_shared<ListOptions>();
    CLI::App* list_command =
        add_command(group, context, "list", "List messages, those that are due first at the beginning",
                    "queue list --destination example.net --older-than 2h",
                    [&context, listing] { return list(context, *listing); });
    add_filter_options(*list_command, listing->filter, false);
    list_command->add_option("--limit", listing->limit, "Most messages to list")->type_name("N")->capture_default_str();
    auto summing = std::make_shared<SummaryOptions>();
    CLI::App* summary_command =
        add_command(group, context, "summary", "Count messages by destination, sender, reason or state",
                    "queue summary --by reason", [&context, summing] { return summary(context, *summing); });
    add_filter_options(*summary_command, summing->filter, false);
    summary_command->add_option("--by", summing->by, "What to count by")
        ->type_name("WHAT")
        ->capture_default_str()
        ->check(CLI::IsMember({"destination", "sender", "reason", "state"}));
}

}  // namespace posthouse::cli
