// How many messages one command works on (RFC 9738).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imapd/session.h"
#include "lib/imap/search_command.h"
#include "lib/imap/sequence_set.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// The messages that a command works on, and what the client is told if those aren't all it named.
struct LimitedMessages {
    std::vector<imap::NumberRange> numbers;
    std::string code;  ///< "[MESSAGELIMIT 1000 23221] ": so many, the lowest of which has this UID; else empty
};

/// Of `numbers` (ascending, without overlaps) the last ones, as many as a command may work on: from the highest UID
/// down, so that the client goes on below the lowest (RFC 9738 §3.1).
LimitedMessages limited(const Session& session, std::vector<imap::NumberRange> numbers);

/// The messages that a search looks at: those that it names by sets among its keys, or all.
std::vector<imap::NumberRange> searched(const Session& session, const imap::SearchKey& key);
/// Narrows a search to the last of them.
LimitedMessages limit_search(const Session& session, imap::SearchKey& key);

/// Whether these are more than a command may work on that does all or nothing.
bool are_too_many(const Session& session, const std::vector<imap::NumberRange>& numbers);
/// NO [MESSAGELIMIT 1000] for such a command; `what` it would have done with them: "copy".
Reply too_many(const Session& session, std::string_view what);

/// `text` as it tells of a command that did the last part only: "COPY completed for the last 1000 messages".
std::string limited_text(const Session& session, const LimitedMessages& messages, std::string text);

}  // namespace posthouse::imapd
