// What events are found by: each has keys, and so has what is looked for.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/story/event.h"

namespace posthouse::story {

/// How a message fared, as far as one event tells. `queued`: it was put off.
enum class Outcome { refused, delivered, bounced, queued };
/// Their words, in this order.
inline constexpr std::array<std::string_view, 4> outcome_words = {"refused", "delivered", "bounced", "queued"};
static_assert(outcome_words.size() == static_cast<std::size_t>(Outcome::queued) + 1);
std::string_view to_string(Outcome outcome);
std::optional<Outcome> parse_outcome(std::string_view word);
/// What the event says of that; nothing: something else.
std::optional<Outcome> outcome_of(const Event& event);

/// Longest text that is looked for.
inline constexpr std::size_t max_term = 1000;

/// The keys under which the event is found, none twice: its id and its parent's, addresses of sender and recipients and
/// their domains, Message-ID, remote IP address, outcome.
std::vector<std::string> keys_of(const Event& event);
/// The key of all events of this message or connection, and of those whose parent it is.
std::string key_of_id(std::string_view id);
std::string key_of_outcome(Outcome outcome);

/// Reads what somebody looks for: an id, an address or a Message-ID (with or without angle brackets), `@domain` or a
/// domain, an IP address. Gives the keys of which an event must have one. Errors: invalid (none of these), limit.
Result<std::vector<std::string>> parse_term(std::string_view text);

/// Whether the event has one of the keys.
bool has_key(const Event& event, const std::vector<std::string>& keys);

}  // namespace posthouse::story
