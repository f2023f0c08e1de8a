// A message of the queue as a document.
#include "cli/queue_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/queue_commands.h"

namespace posthouse::cli {
namespace {

constexpr const char* not_tried = "not tried yet";

std::string state_of(const spool::RecipientState& state, bool is_tried) {
    if (state.is_due() && is_tried) return "being tried";
    if (state.fate) return std::string(to_string(*state.fate));
    return state.deferrals > 0 ? "deferred" : state.postponed() ? "postponed" : not_tried;
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

nlohmann::ordered_json recipient_document(const spool::Recipient& recipient, const spool::RecipientState& state,
                                          bool is_tried) {
    return {{"address", recipient.address.to_string()},
            {"transport", recipient.transport},
            {"state", state_of(state, is_tried)},
            {"attempts", state.deferrals + (state.fate ? 1u : 0u)},
            {"first_attempt", state.first_try},
            {"last_attempt", state.last_try},
            {"remote", state.remote},
            {"status", state.status},
            {"reply", state.reply},
            {"notify", notify_of(recipient)},
            {"sender_told", state.notified}};
}

}  // namespace

nlohmann::ordered_json queue_document(const spool::Listed& listed, std::span<const Attempt> attempts) {
    const spool::Envelope& envelope = listed.envelope;
    nlohmann::ordered_json document{{"id", envelope.id},
                                    {"state", to_string(listed.place.folder)},
                                    {"arrived", envelope.arrived},
                                    {"due", listed.place.name.due},
                                    {"held", listed.place.folder == spool::Folder::hold ? listed.held : ""},
                                    {"size", listed.message_bytes},
                                    {"sender", shown(envelope.sender)},
                                    {"client", envelope.client.address},
                                    {"helo", envelope.client.helo},
                                    {"user", envelope.client.user},
                                    {"envelope_id", envelope.envelope_id.value_or("")},
                                    {"smtputf8", envelope.smtputf8},
                                    {"requiretls", envelope.require_tls},
                                    {"priority", envelope.priority},
                                    {"error", ""}};
    document["trying"] = nlohmann::ordered_json::array();
    for (const Attempt& attempt : attempts)
        document["trying"].push_back(
            {{"since", attempt.since}, {"route", attempt.route}, {"host", attempt.host}, {"stage", attempt.stage}});
    document["recipients"] = nlohmann::ordered_json::array();
    for (std::uint32_t i = 0; i < listed.states.size(); ++i)
        document["recipients"].push_back(
            recipient_document(envelope.recipients[i], listed.states[i], attempt_for(i, attempts) != nullptr));
    return document;
}

nlohmann::ordered_json queue_document(const spool::Place& place, const Error& error) {
    spool::Listed nothing;
    nothing.place = place;
    nlohmann::ordered_json document = queue_document(nothing, {});
    document["id"] = place.name.id;
    document["sender"] = "";
    document["error"] = error.message();
    return document;
}

const Attempt* attempt_for(std::uint32_t recipient, std::span<const Attempt> attempts) {
    const auto found = std::ranges::find_if(attempts, [&](const Attempt& attempt) {
        return std::ranges::find(attempt.recipients, recipient) != attempt.recipients.end();
    });
    return found == attempts.end() ? nullptr : &*found;
}

std::string waiting_reason(const spool::RecipientState& state) {
    std::string text = state.remote;
    if (!state.reply.empty()) text += (text.empty() ? "" : ": ") + state.reply;
    return text.empty() && state.deferrals == 0 ? not_tried : text;
}

}  // namespace posthouse::cli
