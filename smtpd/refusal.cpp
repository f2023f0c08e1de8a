// Refusals: the names of rules, and what several of those who refuse say.
#include "smtpd/refusal.h"

namespace posthouse::smtpd {

std::string_view to_string(Rule rule) {
    switch (rule) {
        case Rule::early_talker: return "early_talker";
        case Rule::connections: return "connections";
        case Rule::helo: return "helo";
        case Rule::message_size: return "message_size";
        case Rule::sender: return "sender";
        case Rule::sender_domain: return "sender_domain";
        case Rule::network_sender: return "network_sender";
        case Rule::unknown_recipient: return "unknown_recipient";
        case Rule::relay: return "relay";
        case Rule::list_poster: return "list_poster";
        case Rule::alias_loop: return "alias_loop";
        case Rule::recipient_limit: return "recipient_limit";
        case Rule::quota: return "quota";
        case Rule::rate_limit: return "rate_limit";
        case Rule::hop_count: return "hop_count";
        case Rule::directory: return "directory";
        case Rule::storage: return "storage";
        case Rule::error_limit: return "error_limit";
    }
    return {};
}

Refusal insufficient_storage(std::string detail) {
    return {{452, "4.3.1", "Insufficient system storage, try again later"}, Rule::storage, std::move(detail)};
}

}  // namespace posthouse::smtpd
