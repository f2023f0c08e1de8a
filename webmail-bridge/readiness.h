// The readiness page: the state of every part as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/http/message.h"
#include "webmail-bridge/parts.h"

namespace posthouse::bridge {

/// A part, and why it is not ready; an empty reason: it is.
struct PartReadiness {
    Part part;
    std::string reason;
};

/// 200 when every part is ready, else 503:
/// {"ready": false, "parts": [{"name": "imapd", "worker": 1, "ready": false, "reason": "…"}, …]}.
http::Response readiness_page(const std::vector<PartReadiness>& parts);
/// When not even the parts are known: 503 and {"ready": false, "reason": …, "parts": []}.
http::Response unknown_readiness(const std::string& reason);

/// What a part's state at the supervisor says before it is asked: why it cannot be ready. Empty: ask it.
std::string reason_of_state(const Part& part);

}  // namespace posthouse::bridge
