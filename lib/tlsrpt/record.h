// The TXT record by which a domain asks for TLS reports (RFC 8460 §3).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/smtp/address.h"

namespace posthouse::tlsrpt {

/// Where reports go. One of them is enough (RFC 8460 §3).
struct Destinations {
    std::vector<smtp::Mailbox> mailboxes{};  ///< of mailto: URIs
    std::vector<std::string> urls{};         ///< https: URIs, as they stand there
    bool operator==(const Destinations&) const = default;
};

/// More URIs than this in one record are read over.
inline constexpr std::size_t max_destinations = 10;

/// "v=TLSRPTv1; rua=mailto:reports@example.com,https://example.com/tlsrpt". URIs of other schemes, and those that make
/// no sense, are read over, as are unknown fields. nullopt: another syntax, or nowhere to send to.
std::optional<Destinations> parse_record(std::string_view text);

/// The destinations among all TXT records at _smtp._tls.<domain>. Those that don't begin with "v=TLSRPTv1;" don't
/// count; if not exactly one is left, no reports are wanted: nullopt.
std::optional<Destinations> find_destinations(const std::vector<std::string>& records);

}  // namespace posthouse::tlsrpt
