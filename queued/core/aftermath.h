// Aftermath: what follows for a message once its deliveries are over for now: whom to give up, when it is due again,
// and who has to be told. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "queued/core/plan.h"
#include "queued/schedule/backoff.h"
#include "queued/schedule/scheduler.h"
#include "queued/spool/envelope.h"
#include "queued/spool/event.h"
#include "queued/spool/recipient_state.h"

namespace posthouse::queued {

struct LifetimeRules {
    schedule::Backoff backoff{};
    schedule::Duration bounce_lifetime = std::chrono::days(5);  ///< of messages from the null sender
};

/// Those rules as they hold for this message: the null sender's lifetime, and BY= with mode R, which ends it earlier.
schedule::Backoff backoff_for(const spool::Envelope& envelope, const LifetimeRules& rules);

/// `bounced` events for those that are given up now because their time is over, with the last known problem (RFC 3463
/// §3.5), or 4.4.7 when there is none; alike ones together.
std::vector<spool::Event> expired(const spool::Envelope& envelope, std::span<const spool::RecipientState> states,
                                  const LifetimeRules& rules, std::int64_t now);

/// That the recipients of a group were not tried: because of the trouble that their destination has; without one, for
/// there was no room for them (4.4.5, RFC 3463 §3.5).
spool::Event postponed(const Group& group, const std::optional<schedule::Trouble>& trouble, std::int64_t now);
/// Those of such events that tell something new: of recipients that were never tried, and were not told to wait for the
/// same reason already.
std::vector<spool::Event> news(std::vector<spool::Event> events, std::span<const spool::RecipientState> states);

/// When it is due again; nullopt: nobody is due any more. `put_off`: until when those wait that were not tried; 0:
/// nobody. Never earlier than the next second.
std::optional<std::int64_t> due_again(const spool::Envelope& envelope, std::span<const spool::RecipientState> states,
                                      const LifetimeRules& rules, std::int64_t put_off, std::int64_t now,
                                      schedule::Random& random);

/// Recipients of whose delay the sender is to be told now, once (RFC 3461 §4.1; BY= with mode N, RFC 2852); none:
/// nobody.
std::vector<std::uint32_t> warning_due(const spool::Envelope& envelope, std::span<const spool::RecipientState> states,
                                       const LifetimeRules& rules, std::int64_t now);

/// Places of those whose fate somebody still has to be told of.
std::vector<std::uint32_t> notices_owed(const spool::Envelope& envelope, std::span<const spool::RecipientState> states);

}  // namespace posthouse::queued
