// The stories of messages, put together from events: a message, the connection it came by, what it led to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "historyd/archive.h"
#include "lib/story/search.h"

namespace posthouse::history {

struct Story {
    std::string id;                      ///< of the message; of the connection when there is no message
    std::vector<story::Event> events{};  ///< by time
};

struct Question {
    std::vector<std::string> keys{};  ///< story::parse_term; none: everything
    Span span{};                      ///< when one of the events that are asked for was
    std::optional<story::Outcome> outcome{};
    std::size_t limit = 100;  ///< stories; of more the latest
};

/// Most events of one answer; beyond them stories are not complete.
inline constexpr std::size_t max_events = 200'000;
/// So many generations of parents and of children belong to a story.
inline constexpr int max_generations = 8;

/// The stories in the order of their beginnings. A message's has the events of its connection, of the messages that
/// were made for it (reports), and if it is one, of the message that it reports on. A connection's messages have a
/// story each.
Result<std::vector<Story>> trace(Archive& archive, const Question& question);

}  // namespace posthouse::history
