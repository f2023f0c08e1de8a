// Event: one line of a queued message's story that its journal keeps: what came of recipients, and what was done with
// the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::spool {

/// Longest text of an event; what would be longer has its reply cut.
inline constexpr std::size_t max_event_bytes = 16u << 10;
/// Of a remote server's reply, of its name, and of a status code (RFC 3463), as an event keeps them.
inline constexpr std::size_t max_reply_bytes = 2048;
inline constexpr std::size_t max_remote_bytes = 512;
inline constexpr std::size_t max_status_bytes = 16;

/// What happened. The first four are about recipients' fate; of the last two `recipients` is empty.
enum class EventKind {
    deferred,   ///< tried, and to be tried again
    delivered,  ///< in its mailbox, or handed to a program: the journey ends
    relayed,    ///< another server took it
    bounced,    ///< given up
    postponed,  ///< not tried when they were due: nothing reaches their destination now, or they wait for their turn
    warned,     ///< that it is delayed was told to the sender
    notified,   ///< the notice (RFC 3461 §5.2) that was owed for its fate lies in the queue
    held,       ///< kept back by an administrator or a rule
    released,   ///< may go again
};

/// With `relayed`: whether the other server promised to notify the sender (RFC 3461 §5.2.2); with all else: no.
enum class NoticePromise { no, yes };

struct Event {
    EventKind kind = EventKind::deferred;
    std::int64_t at = 0;                         ///< seconds since 1970
    std::vector<std::uint32_t> recipients = {};  ///< places in the envelope's list, rising
    NoticePromise promise = NoticePromise::no;
    std::string remote = {};  ///< which server said so; may be empty
    std::string status = {};  ///< "4.4.1"; may be empty
    std::string reply = {};   ///< its words, or ours; may be empty
    bool operator==(const Event&) const = default;
};

/// The kind about recipients.
constexpr bool has_recipients(EventKind kind) { return kind != EventKind::held && kind != EventKind::released; }
/// After it a recipient is never due again.
constexpr bool is_final(EventKind kind) {
    return kind == EventKind::delivered || kind == EventKind::relayed || kind == EventKind::bounced;
}
/// The word for it in journals and logs.
std::string_view to_string(EventKind kind);

/// key=value lines, at most max_event_bytes: remote, status and reply are cut to their bounds (at the beginning of a
/// character).
std::string to_text(const Event& event);
/// Errors: invalid, limit; unsupported: a kind or a field that only a later version knows.
Result<Event> parse_event(std::string_view text);

}  // namespace posthouse::spool
