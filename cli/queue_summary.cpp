// posthouse queue summary
#include <CLI/Option.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/queue_commands.h"
#include "cli/queue_document.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

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
std::map<std::string, std::string> keys_of(const spool::Listed& listed, std::span<const Attempt> attempts,
                                           const std::string& by) {
    std::map<std::string, std::string> keys;
    for (std::uint32_t i = 0; i < listed.states.size(); ++i) {
        const spool::RecipientState& state = listed.states[i];
        if (!state.is_due()) continue;
        const spool::Recipient& recipient = listed.envelope.recipients[i];
        std::string key = recipient.transport.empty() ? recipient.address.domain : recipient.transport;
        if (by == "sender") key = shown(listed.envelope.sender);
        if (by == "user") key = listed.envelope.client.user.empty() ? "-" : listed.envelope.client.user;
        if (by == "state") key = to_string(listed.place.folder);
        std::string reason = attempt_for(i, attempts) != nullptr ? "being tried" : waiting_reason(state);
        if (by == "reason") key = reason;
        keys[std::move(key)] = std::move(reason);
    }
    return keys;
}

/// The same of a file that can't be read.
std::string key_of(const spool::Place& place, const Error& error, const std::string& by) {
    if (by == "state") return std::string(to_string(place.folder));
    return by == "reason" ? error.message() : "malformed";
}

Exit summary(Context& context, const SummaryOptions& options) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    Sum total;
    std::map<std::string, Sum> sums;
    const Attempts attempts = Attempts::ask(context, *queue->config);
    QueueErrors errors(context);
    const auto add = [&](const spool::Listed& listed) -> Result<> {
        total.add(listed, "");
        for (const auto& [key, reason] : keys_of(listed, attempts.of(listed.envelope.id), options.by))
            sums[key].add(listed, reason);
        return {};
    };
    const auto add_unreadable = [&](const spool::Place& place, const Error& error) -> Result<> {
        ++total.messages;
        Sum& sum = sums[key_of(place, error, options.by)];
        ++sum.messages;
        sum.reason = error.message();
        return {};
    };
    const Result<> visited =
        for_each_message(context, *queue, options.filter, errors, {.message = add, .unreadable = add_unreadable});
    if (!visited) return report(context, visited.error());
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
        errors.tell();
        return errors.exit();
    }
    if (total.messages == 0) {
        context.out << "No messages.\n";
        return errors.exit();
    }
    std::string heading = options.by;
    std::ranges::transform(heading, heading.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    Table table({heading, "MESSAGES", "SIZE", "OLDEST", "REASON"});
    for (const auto& [key, sum] : rows)
        table.add({key, with_commas(sum.messages), format_size(sum.bytes),
                   sum.oldest == 0 ? "-" : format_time(sum.oldest), options.by == "reason" ? "" : sum.reason});
    table.print(context.out);
    context.out << with_commas(total.messages) << " messages, " << format_size(total.bytes) << "\n";
    return errors.exit();
}

}  // namespace

void add_queue_summary_command(CLI::App& group, Context& context) {
    auto summing = std::make_shared<SummaryOptions>();
    CLI::App* command =
        add_command(group, context, "summary", "Count messages by destination, sender, reason or state",
                    "queue summary --by reason", [&context, summing] { return summary(context, *summing); });
    add_filter_options(*command, summing->filter, false);
    command->add_option("--by", summing->by, "What to count by")
        ->type_name("WHAT")
        ->capture_default_str()
        ->check(CLI::IsMember({"destination", "sender", "user", "reason", "state"}));
}

}  // namespace posthouse::cli
