// Transports: where mail for an address or a domain is handed to, in the words of Postfix's transport(5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/address.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of transports.
struct Transport {
    std::string source;     ///< user@domain, domain, or .domain for what lies below it
    std::string transport;  ///< transport:nexthop
    std::int64_t created_at = 0;
};

/// What a transport may be for: `user@domain`, `domain`, `.domain` (its subdomains), in the form of address.h. Errors:
/// invalid.
Result<std::string> parse_transport_source(std::string_view text, LocalPart local = LocalPart::ignore_case);
/// `transport:nexthop`, as transport(5) has it; either part may be empty (`:` is the default of both). smtp, relay and
/// lmtp lead to hosts, several separated by commas: `host`, `[host]` (no MX), each with `:port`; lmtp also to
/// `unix:path` and `inet:host`. error, retry and discard have a text. Others are taken without spaces. At most 1024
/// bytes. Errors: invalid.
Result<std::string> parse_transport(std::string_view text);

/// Errors: as of Directory, and those each says.
class Transports {
  public:
    virtual ~Transports() = default;
    /// By source.
    virtual Result<std::vector<Transport>> list() = 0;
    /// Errors: exists (one for that source).
    virtual Result<> add(std::string_view source, std::string_view transport) = 0;
    /// Errors: not_found.
    virtual Result<> remove(std::string_view source) = 0;
};

}  // namespace posthouse::auth
