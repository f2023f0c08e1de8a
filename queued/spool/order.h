// Order: what an administrator wants done with a message that waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queued/spool/entry.h"

namespace posthouse::spool {

struct Order {
    enum class Kind {
        hold,    ///< keep it back
        remove,  ///< nobody is told
        bounce,  ///< give it up; the sender is told
    };
    Kind kind = Kind::hold;
    std::string reason{};  ///< why; empty: not given
};
std::string_view to_string(Order::Kind kind);
std::optional<Order::Kind> parse_order_kind(std::string_view text);

/// What stands in journal and story for a reason that wasn't given.
std::string by_hand(const std::string& reason);
/// `bounced` events of whoever is still due, alike ones together: who gave them up, why, and what was known of them
/// until then. No server has refused them, so none is named as the one that did.
std::vector<Event> given_up(const Entry& entry, const std::string& reason, std::int64_t now);

}  // namespace posthouse::spool
