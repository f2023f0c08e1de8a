// Orders: their names, and what they write into the journal.
#include "queued/spool/order.h"

#include <array>
#include <map>
#include <utility>

namespace posthouse::spool {
namespace {

constexpr std::array<std::pair<Order::Kind, std::string_view>, 3> names{
    {{Order::Kind::hold, "hold"}, {Order::Kind::remove, "delete"}, {Order::Kind::bounce, "bounce"}}};

std::string words_of(const RecipientState& state, const std::string& reason) {
    std::string words = "Given up by the administrator of this server";
    if (!reason.empty()) words += ": " + reason;
    if (state.reply.empty()) return words;
    return words + ". " + (state.remote.empty() ? "Until then" : "The last answer of " + state.remote) + ": " +
           state.reply;
}

}  // namespace

std::vector<Event> given_up(const Entry& entry, const std::string& reason, std::int64_t now) {
    std::map<std::string, Event> events;
    for (std::uint32_t number = 0; number < entry.states().size(); ++number) {
        if (!entry.states()[number].is_due()) continue;
        std::string words = words_of(entry.states()[number], reason);
        Event& event = events[words];
        event.kind = EventKind::bounced;
        event.at = now;
        event.recipients.push_back(number);
        // No status fits a decision of people (RFC 3463 §3.1).
        event.status = "5.0.0";
        event.reply = std::move(words);
    }
    std::vector<Event> result;
    for (auto& [words, event] : events) result.push_back(std::move(event));
    return result;
}

std::string_view to_string(Order::Kind kind) { return names[static_cast<std::size_t>(kind)].second; }

std::optional<Order::Kind> parse_order_kind(std::string_view text) {
    for (const auto& [kind, name] : names)
        if (name == text) return kind;
    return std::nullopt;
}

std::string by_hand(const std::string& reason) { return reason.empty() ? "by the administrator" : reason; }

}  // namespace posthouse::spool
