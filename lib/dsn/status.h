// Enhanced status codes (RFC 3463) of reports: one that fits the action, and what it means in words.
#pragma once

#include <string>
#include <string_view>

#include "lib/dsn/notification.h"

namespace posthouse::dsn {

/// class "." subject "." detail: 2, 4 or 5, and up to three digits each (RFC 3463 §2).
bool is_status(std::string_view text);

/// The Status field of a recipient: its own status when it fits the action (delivered 2, delayed 4, failed 4 or 5),
/// else one of that class: x.0.0, and 4.4.7 for what expired (RFC 3463 §3.5, RFC 3461 §6.3).
std::string status_of(const Recipient& recipient);

/// What the sender can do about it, as sentences; empty when there is nothing to say. `status` as status_of gives it.
std::string_view advice(std::string_view status);

}  // namespace posthouse::dsn
