// posthouse queue show|cat
#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cli/output.h"
#include "cli/queue_commands.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

std::string fate_of(const spool::RecipientState& state) {
    if (state.fate) return std::string(to_string(*state.fate));
    return state.deferrals > 0 ? "deferred" : state.postponed() ? "postponed" : "not tried yet";
}

std::string notify_of(const spool::Recipient& recipient) {
    if (!recipient.notify) return "";
    std::string words;
    const auto add = [&](bool wanted, const char* word) {
        if (wanted) words += (words.empty() ? "" : ",") + std::string(word);
    };
    add(recipient.notify->success, "SUCCESS");
    add(recipient.notify->failure, "FAILURE");
    add(recipient.notify->delay, "DELAY");
    return words.empty() ? "NEVER" : words;
}

nlohmann::ordered_json recipient_json(const spool::Recipient& recipient, const spool::RecipientState& state) {
    return {{"address", recipient.address.to_string()},
            {"transport", recipient.transport},
            {"state", fate_of(state)},
            {"attempts", state.deferrals + (state.fate ? 1u : 0u)},
            {"first_attempt", state.first_try},
            {"last_attempt", state.last_try},
            {"remote", state.remote},
            {"status", state.status},
            {"reply", state.reply},
            {"notify", notify_of(recipient)},
            {"sender_told", state.notified}};
}

nlohmann::ordered_json to_json(const spool::Listed& listed) {
    const spool::Envelope& envelope = listed.envelope;
    nlohmann::ordered_json document{{"id", envelope.id},
                                    {"state", to_string(listed.place.folder)},
                                    {"arrived", envelope.arrived},
                                    {"due", listed.place.name.due},
                                    {"size", listed.message_bytes},
                                    {"sender", shown(envelope.sender)},
                                    {"client", envelope.client.address},
                                    {"helo", envelope.client.helo},
                                    {"user", envelope.client.user},
                                    {"envelope_id", envelope.envelope_id.value_or("")},
                                    {"smtputf8", envelope.smtputf8},
                                    {"requiretls", envelope.require_tls},
                                    {"priority", envelope.priority}};
    document["recipients"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < listed.states.size(); ++i)
        document["recipients"].push_back(recipient_json(envelope.recipients[i], listed.states[i]));
    return document;
}

std::string time_or_dash(std::int64_t seconds) { return seconds == 0 ? "-" : format_time(seconds); }

void print(Context& context, const nlohmann::ordered_json& document) {
    Table fields({"FIELD", "VALUE"});
    for (const auto& [key, value] : document.items()) {
        if (key == "recipients") continue;
        const bool is_time = key == "arrived" || key == "due";
        std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        if (is_time) text = time_or_dash(value.get<std::int64_t>());
        fields.add({key, text.empty() ? "-" : text});
    }
    fields.print(context.out);
    context.out << '\n';
    Table recipients({"TO", "STATE", "TRIES", "LAST", "RELAY", "DSN", "REPLY"});
    for (const auto& one : document["recipients"])
        recipients.add({one["address"], one["state"], one["attempts"].dump(), time_or_dash(one["last_attempt"]),
                        one["remote"], one["status"], one["reply"]});
    recipients.print(context.out);
}

Exit show(Context& context, const QueueFilter& filter) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    const Exit exit = for_each_message(context, *queue, filter, [&](const spool::Listed& listed) {
        all.push_back(to_json(listed));
        return Exit::ok;
    });
    if (context.json) {
        if (!all.empty())
            context.out << (filter.ids.size() == 1 ? all.front() : all)
                               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                        << '\n';
        return exit;
    }
    for (const auto& one : all) {
        print(context, one);
        if (&one != &all.back()) context.out << '\n';
    }
    return exit;
}

/// The message as it is, read without a lock: it can't change.
Exit cat(Context& context, const std::string& id) {
    Result<OpenQueue> queue = open_queue(context);
    if (!queue) return report(context, queue.error());
    QueueFilter filter;
    filter.ids = {id};
    return for_each_message(context, *queue, filter, [&](const spool::Listed& listed) {
        Result<spool::MessageReader> message = queue->spool.read_message(listed.place);
        if (!message) return report(context, message.error());
        std::string buffer(64u << 10, '\0');
        for (std::uint64_t offset = 0;;) {
            const Result<std::size_t> got = message->read(offset, buffer);
            if (!got) return report(context, got.error());
            if (*got == 0) return Exit::ok;
            context.out.write(buffer.data(), static_cast<std::streamsize>(*got));
            offset += *got;
        }
    });
}

}  // namespace

void add_queue_show_commands(CLI::App& group, Context& context) {
    auto filter = std::make_shared<QueueFilter>();
    CLI::App* show_command = add_command(
        group, context, "show", "Show all that is known of messages: envelope, recipients, what servers said",
        "queue show 1M8FZR97B5NSDEKZ", [&context, filter] { return show(context, *filter); });
    show_command->add_option("id", filter->ids, "Ids of messages")->required();
    auto id = std::make_shared<std::string>();
    CLI::App* cat_command = add_command(group, context, "cat", "Print a message as it lies in the queue",
                                        "queue cat 1M8FZR97B5NSDEKZ", [&context, id] { return cat(context, *id); });
    cat_command->add_option("id", *id, "Its id")->required();
}

}  // namespace posthouse::cli
