// Resolution: every final recipient of an address, and its form on the socketmap `resolve`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// The longest answer of `resolve`: 1,000 recipients of 254 bytes with their details and routes, and room. (Longer than
/// Postfix takes from a socketmap, which asks the maps of one level instead.)
inline constexpr std::size_t max_resolution = 2u << 20;

struct Recipient {
    enum class Transport {
        local,   ///< a user of ours: without a route of its own, deliver by LMTP to `address`
        remote,  ///< a domain that is not ours
    };
    Transport transport = Transport::local;
    std::string address;  ///< local: the user's address, as the directory has it
    std::string detail;   ///< subaddress of a local one: "tag" of joe+tag@example.org
    /// `transport:nexthop`, as the directory has it for the address or its domain; empty: it says nothing.
    std::string route = {};
    friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// At least one recipient, none twice.
struct Resolution {
    std::vector<Recipient> recipients;
};

/// One line per recipient, ended by LF: `local TAB <address> [TAB <detail> [TAB <route>]]` or `remote TAB <address>
/// [TAB <route>]`; fields are escaped as in the auth protocol (lib/sasl/tabs.h).
std::string encode(const Resolution& resolution);
/// Lines of a transport that is not known here are an error.
Result<Resolution> parse_resolution(std::string_view text);

}  // namespace posthouse::auth
