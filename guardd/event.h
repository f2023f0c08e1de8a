// Event: what changed guardd's counts, as a line of its journal. Text in, values out; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "guardd/ban.h"
#include "lib/base/result.h"

namespace posthouse::guard {

enum class EventKind { failure, success, ban, lift };

/// One change.
struct Event {
    std::uint64_t number = 0;  ///< counts all that ever were
    EventKind kind = EventKind::failure;
    WallTime at{};
    /// Of failure and success the client's network and the account, each may be empty; of lift what is lifted.
    BanSubject subject;
    Ban ban{};  ///< of ban only
};

/// {"number": …, "event": "failure", "at": ms, "network": …, "account": …}, for a ban {…, "ban": {…}}, and LF.
std::string to_line(const Event& event);
/// A line without its LF. Errors: invalid.
Result<Event> parse_event(std::string_view line);

}  // namespace posthouse::guard
