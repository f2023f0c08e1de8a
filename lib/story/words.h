// An event in words, for people.
#pragma once

#include <cstdint>
#include <string>

#include "lib/story/event.h"

namespace posthouse::story {

/// What happened, in one line of English without time, id and daemon: "refused RCPT for <joe@example.org>; told: 550
/// …". Control characters that values hold are in it: print it through something that makes them harmless.
std::string in_words(const Event& event);
/// Milliseconds since 1970 as "2026-11-28 02:20:11.123" in UTC.
std::string format_time(std::int64_t milliseconds);

}  // namespace posthouse::story
