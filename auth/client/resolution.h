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
        relay,   ///< one that is not ours, which mail is taken for from everybody
    };
    Transport transport = Transport::local;
    std::string address;  ///< local: the user's address, as the directory has it
    std::string detail;   ///< subaddress of a local one: "tag" of joe+tag@example.org
    /// `transport:nexthop`, as the directory has it for the address or its domain; empty: it says nothing.
    std::string route = {};
    /// The address for bounces of mail that came through a list, which is its sender from there on; empty: it came
    /// through none that has an owner.
    std::string owner = {};
    /// The directory limits what the mailbox of a local one may take; whether [quota] does, who asks knows.
    bool quota = false;
    friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// What an alias or a list leads to though nobody has that address.
struct DeadEnd {
    std::string address;
    std::string owner = {};  ///< as in Recipient
    friend bool operator==(const DeadEnd&, const DeadEnd&) = default;
};

/// At least one recipient, none twice.
struct Resolution {
    std::vector<Recipient> recipients;
    /// Addresses of lists on the way that not everybody may post to: the map `poster` tells who may.
    std::vector<std::string> restricted_lists = {};
    /// Addresses of those that anybody may post to.
    std::vector<std::string> open_lists = {};
    /// Their mail is to be returned: whoever sends to the address, or owns the list, is to know.
    std::vector<DeadEnd> dead_ends = {};
    /// Nobody has the address: it is postmaster or abuse, which somebody has to read.
    bool role = false;

    /// A list is on the way: who gets the mail is its member, and not who the address is.
    bool through_list() const { return !restricted_lists.empty() || !open_lists.empty(); }
};

/// One line per recipient, ended by LF: `local TAB <address> [TAB <detail> [TAB <route> [TAB <owner> [TAB quota]]]]`,
/// or `remote` or `relay TAB <address> [TAB <route> [TAB <owner>]]`; and per list on the way `list TAB <address>` when
/// it is restricted, else `open TAB <address>`; per dead end `nobody TAB <address> [TAB <owner>]`; and `role` for an
/// address of that kind. Fields are escaped as in the auth protocol (lib/sasl/tabs.h).
std::string encode(const Resolution& resolution);
/// Lines of a transport that is not known here are an error.
Result<Resolution> parse_resolution(std::string_view text);

}  // namespace posthouse::auth
