// RecipientState: where a recipient of a queued message stands after all that the journal tells, and whether anything
// is left to do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "queued/spool/envelope.h"
#include "queued/spool/event.h"

namespace posthouse::spool {

struct RecipientState {
    /// delivered, relayed or bounced; none: due.
    std::optional<EventKind> fate;
    NoticePromise promise = NoticePromise::no;  ///< of who relays it
    bool warned = false;                        ///< the sender knows that it is delayed
    bool notified = false;                      ///< the notice for its fate lies in the queue
    std::uint32_t deferrals = 0;
    std::int64_t first_try = 0;  ///< seconds since 1970; 0: not tried yet
    std::int64_t last_try = 0;
    std::string remote, status, reply;  ///< as last told, also of why it was not tried

    bool is_due() const { return !fate; }
    /// It was due, but was not tried: nothing reached its destination, or there was no room for it.
    bool postponed() const { return is_due() && deferrals == 0 && !reply.empty(); }
    bool operator==(const RecipientState&) const = default;
};

/// Whether an event can be true of these recipients: they exist, and one that has a fate keeps it.
bool may_apply(const Event& event, std::span<const RecipientState> states);
/// Those recipients of whom it can't be true stay as they are.
void apply_event(const Event& event, std::span<RecipientState> states);

/// The number of the attempt that is next, from 1: who was tried most often counts.
std::uint32_t next_attempt(std::span<const RecipientState> states);

/// A notice about this recipient's fate has to be sent, and wasn't yet: of failure unless NOTIFY excludes it, of
/// success when NOTIFY asks for it and nobody further on sees to it (RFC 3461 §4.1, §5.2). Never to the null sender.
bool owes_notice(const Envelope& envelope, const Recipient& recipient, const RecipientState& state);
/// Nobody is due, and no notice is owed.
bool nothing_left(const Envelope& envelope, std::span<const RecipientState> states);

}  // namespace posthouse::spool
