// Plan: recipients sorted into deliveries.
#include "queued/core/plan.h"

#include <map>
#include <utility>

namespace posthouse::queued {
namespace {

using spool::EventKind;

/// The earliest moment at which the pause after its last attempt can be over, whatever the jitter was.
bool pause_is_over(const spool::RecipientState& state, const schedule::Backoff& backoff, std::int64_t now) {
    if (state.deferrals == 0) return true;
    schedule::Backoff shortest = backoff;
    shortest.jitter = 0;
    schedule::Random unused;
    const auto pause = shortest.pause(state.deferrals, unused).count();
    const auto least = static_cast<std::int64_t>(static_cast<double>(pause) * (1 - backoff.jitter)) / 1000;
    return now >= state.last_try + least;
}

spool::Event decided(EventKind kind, std::uint32_t number, std::string status, std::string reply, std::int64_t now) {
    return {.kind = kind, .at = now, .recipients = {number}, .status = std::move(status), .reply = std::move(reply)};
}

/// "5.7.1 Not any more" in its two parts; without a status the one that is given.
std::pair<std::string, std::string> status_and_text(const std::string& text, std::string status) {
    const auto space = text.find(' ');
    const std::string first = text.substr(0, space);
    const bool has_status = first.size() >= 5 && (first[0] == '4' || first[0] == '5') && first[1] == '.' &&
                            first.find_first_not_of("0123456789.") == std::string::npos;
    if (!has_status) return {std::move(status), text};
    return {first, space == std::string::npos ? "" : text.substr(space + 1)};
}

/// What is to be said of a route that leads nowhere; nullopt for those that lead on.
std::optional<spool::Event> end_of(const Route& route, std::uint32_t number, std::int64_t now) {
    switch (route.kind) {
        case Route::Kind::local:
        case Route::Kind::smtp:
        case Route::Kind::lmtp: return std::nullopt;
        case Route::Kind::error: {
            auto [status, text] = status_and_text(route.text, "5.0.0");
            return decided(EventKind::bounced, number, std::move(status), std::move(text), now);
        }
        case Route::Kind::retry: {
            auto [status, text] = status_and_text(route.text, "4.0.0");
            return decided(EventKind::deferred, number, std::move(status), std::move(text), now);
        }
        case Route::Kind::discard:
            return decided(EventKind::delivered, number, "2.0.0", "Discarded: " + route.text, now);
        case Route::Kind::expanded:
            return decided(EventKind::delivered, number, "2.0.0", "Sent on to all whom the address stands for", now);
    }
    return std::nullopt;
}

Result<Route> route_of(const spool::Recipient& recipient, const PlanRules& rules) {
    return parse_route(recipient.transport, recipient.address.domain, rules.relayhost);
}

}  // namespace

Plan plan(const spool::Envelope& envelope, std::span<const spool::RecipientState> states, const PlanRules& rules,
          Haste haste, std::int64_t now) {
    Plan result;
    std::map<std::pair<std::string, std::string>, std::size_t>
        open;  // destination and sender: the group that takes more
    for (std::uint32_t number = 0; number < states.size(); ++number) {
        const spool::Recipient& recipient = envelope.recipients[number];
        if (!states[number].is_due()) continue;
        if (haste == Haste::due && !pause_is_over(states[number], rules.backoff, now)) continue;
        Result<Route> route = route_of(recipient, rules);
        if (!route) {
            result.decided.push_back(
                decided(EventKind::deferred, number, "4.3.5",
                        "The transport " + recipient.transport + " can't be used: " + route.error().text, now));
            continue;
        }
        if (auto ended = end_of(*route, number, now)) {
            result.decided.push_back(*std::move(ended));
            continue;
        }
        std::string destination = to_string(*route);
        const auto key = std::pair(destination, smtp::to_path(recipient.sender ? *recipient.sender : envelope.sender));
        const auto known = open.find(key);
        if (known != open.end() && result.groups[known->second].recipients.size() < rules.recipients_at_once) {
            result.groups[known->second].recipients.push_back(number);
            continue;
        }
        open[key] = result.groups.size();
        result.groups.push_back({*std::move(route), std::move(destination), {number}});
    }
    return result;
}

}  // namespace posthouse::queued
