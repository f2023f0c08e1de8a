// Settings of outbound mail: looked up.
#include "queued/outbound/settings.h"

namespace posthouse::queued {

std::shared_ptr<const transfer::Credentials> credentials_for(const OutboundSettings& settings, Route::Kind kind,
                                                             Hop hop) {
    for (const bool with_port : {true, false}) {
        if (!with_port) hop.port = 0;
        const auto found = settings.credentials.find(to_string(Route{.kind = kind, .hops = {hop}, .text = {}}));
        if (found != settings.credentials.end()) return found->second;
    }
    return nullptr;
}

net::Address source_for(const OutboundSettings& settings, std::string_view sender_domain, const net::Address& peer) {
    net::Address chosen;
    for (const SourceAddress& source : settings.sources) {
        if (source.address.family() != peer.family()) continue;
        if (!source.sender_domain.empty() && source.sender_domain == sender_domain) return source.address;
        if (source.sender_domain.empty()) chosen = source.address;
    }
    return chosen;
}

}  // namespace posthouse::queued
