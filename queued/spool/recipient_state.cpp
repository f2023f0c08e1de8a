// The journal's events applied to recipients, one after the other.
#include "queued/spool/recipient_state.h"

#include <algorithm>

namespace posthouse::spool {
namespace {

bool may_be(const Event& event, std::span<const RecipientState> states, std::uint32_t number) {
    if (number >= states.size()) return false;
    return states[number].is_due() != (event.kind == EventKind::notified);
}

/// Its remote, status and reply are the recipient's.
bool tells_why(EventKind kind) { return kind == EventKind::deferred || kind == EventKind::postponed || is_final(kind); }

}  // namespace

bool may_apply(const Event& event, std::span<const RecipientState> states) {
    if (has_recipients(event.kind) == event.recipients.empty()) return false;
    return std::ranges::all_of(event.recipients, [&](std::uint32_t number) { return may_be(event, states, number); });
}

void apply_event(const Event& event, std::span<RecipientState> states) {
    for (const std::uint32_t number : event.recipients) {
        if (!may_be(event, states, number)) continue;
        RecipientState& state = states[number];
        if (event.kind == EventKind::warned) state.warned = true;
        if (event.kind == EventKind::notified) state.notified = true;
        if (!tells_why(event.kind)) continue;
        state.remote = event.remote;
        state.status = event.status;
        state.reply = event.reply;
        if (event.kind == EventKind::postponed) continue;
        if (event.kind == EventKind::deferred)
            ++state.deferrals;
        else
            state.fate = event.kind;
        state.promise = event.promise;
        if (state.first_try == 0) state.first_try = event.at;
        state.last_try = event.at;
    }
}

std::uint32_t next_attempt(std::span<const RecipientState> states) {
    std::uint32_t most = 0;
    for (const RecipientState& state : states) most = std::max(most, state.deferrals);
    return most + 1;
}

bool owes_notice(const Envelope& envelope, const Recipient& recipient, const RecipientState& state) {
    const smtp::ReversePath& sender = recipient.sender ? *recipient.sender : envelope.sender;
    if (!sender || !state.fate || state.notified) return false;
    if (state.fate == EventKind::bounced) return !recipient.notify || recipient.notify->failure;
    const bool wants_success = recipient.notify && recipient.notify->success;
    return wants_success && state.promise == NoticePromise::no;
}

bool nothing_left(const Envelope& envelope, std::span<const RecipientState> states) {
    for (std::size_t i = 0; i < states.size(); ++i)
        if (states[i].is_due() || owes_notice(envelope, envelope.recipients[i], states[i])) return false;
    return true;
}

}  // namespace posthouse::spool
