// Plan: what is to be done now with a message: which of its recipients are due, and by which way each group of them
// goes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "queued/delivery/route.h"
#include "queued/schedule/backoff.h"
#include "queued/spool/envelope.h"
#include "queued/spool/event.h"
#include "queued/spool/recipient_state.h"

namespace posthouse::queued {

/// What plans depend on, beside the message.
struct PlanRules {
    schedule::Backoff backoff{};
    std::string relayhost{};  ///< the next hop of those that name none: "[smart.example.net]:587"; empty: by MX
    std::size_t recipients_at_once = 100;  ///< in one delivery
};

/// Recipients that one delivery takes along.
struct Group {
    Route route;
    std::string destination;                ///< to_string(route)
    std::vector<std::uint32_t> recipients;  ///< places in the envelope's list, rising
};

struct Plan {
    std::vector<Group> groups;
    /// What is known without a delivery: routes that refuse, put off or drop, and those that can't be understood.
    std::vector<spool::Event> decided;
};

/// Who is to be asked for. What is not due yet (because another recipient's next attempt is earlier) stays out.
enum class Haste {
    due,  ///< those whose pause is over
    all,  ///< whoever has no fate yet: somebody asked for the message
};

/// `now`: seconds since 1970.
Plan plan(const spool::Envelope& envelope, std::span<const spool::RecipientState> states, const PlanRules& rules,
          Haste haste, std::int64_t now);

}  // namespace posthouse::queued
