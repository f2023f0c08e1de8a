// Event: what changed guardd's counts, as a line of its journal. Text in, values out; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/ban.h"
#include "guardd/rate.h"
#include "lib/base/result.h"

namespace posthouse::guard {

enum class EventKind { failure, success, ban, lift, count, reset };

/// One change.
struct Event {
    std::uint64_t number = 0;  ///< counts all that ever were
    EventKind kind = EventKind::failure;
    WallTime at{};
    /// Of failure and success the client's network and the account, each may be empty; of lift what is lifted.
    BanSubject subject;
    Ban ban{};                           ///< of ban only
    std::vector<RateSubject> counted{};  ///< of count and reset
    Amounts amounts{};                   ///< of count only
};

/// {"number": …, "event": "failure", "at": ms, "network": …, "account": …}, for a ban {…, "ban": {…}}, of count
/// {…, "subjects": [["user", "joe@example.org"], …], "amounts": [connections, messages, recipients]}, of reset the same
/// without amounts; and LF.
std::string to_line(const Event& event);
/// A line without its LF. Errors: invalid.
Result<Event> parse_event(std::string_view line);

}  // namespace posthouse::guard
