// Channel binding (RFC 5056): what ties a log-in to the TLS connection on which it happens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sasl {

/// What both ends of one TLS connection know, and nobody else.
struct ChannelBinding {
    std::string type;  ///< tls-exporter (RFC 9266) or tls-unique (RFC 5929 §3)
    std::string data;
    friend bool operator==(const ChannelBinding&, const ChannelBinding&) = default;
};
using ChannelBindings = std::vector<ChannelBinding>;

/// The most bytes of `data`, and the most bindings that one connection is told to have.
inline constexpr std::size_t max_binding = 256;
inline constexpr std::size_t max_bindings = 4;

/// The one of this type, or null.
const ChannelBinding* find_binding(const ChannelBindings& bindings, std::string_view type);

}  // namespace posthouse::sasl
