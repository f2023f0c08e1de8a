// Route: where a recipient's mail goes next, from the words of Postfix's transport(5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::queued {

/// One next hop.
struct Hop {
    std::string host;        ///< a name in A-labels, or an IP address (without brackets); of a Unix socket its path
    std::uint16_t port = 0;  ///< 0: the protocol's own
    bool find_mx = true;     ///< the host's MX are asked for (RFC 5321 §5.1); false: it is taken as it is
    bool unix_socket = false;
    bool operator==(const Hop&) const = default;
};

struct Route {
    enum class Kind {
        local,     ///< lmtpd's mailboxes
        smtp,      ///< one of `hops`, the first that can be reached
        lmtp,      ///< the same by LMTP (RFC 2033)
        error,     ///< the recipient is refused for good, `text` says why
        retry,     ///< put off until somebody changes the route
        discard,   ///< dropped, and counted as delivered
        expanded,  ///< others stand for it: nothing is left to do but to tell so (spool::alias_transport)
    };
    Kind kind = Kind::smtp;
    std::vector<Hop> hops;
    std::string text;  ///< of the last four: "5.1.1 No longer here"; may be empty
    bool operator==(const Route&) const = default;
};

/// Reads a transport as the directory has it: `transport:nexthop`. smtp, relay and lmtp lead to hosts, several
/// separated by commas: `host`, `[host]` (no MX), each with `:port`; lmtp also to `unix:path` and `inet:host`; `local`
/// to mailboxes here. error, retry and discard have a text. An empty transport is smtp; an empty next hop is `domain`,
/// the recipient's; one that can't be a host's name (192.0.2.1 without brackets) gives `error`. LMTP never asks for MX.
/// Errors: invalid (what isn't known, or names no host).
/// `relayhost` (a next hop of smtp) stands in for an empty next hop of smtp and relay, if it isn't empty itself.
Result<Route> parse_route(std::string_view transport, std::string_view domain, std::string_view relayhost = {});

/// A name for all that shares a fate, for the scheduler and for people: "local", "smtp:example.net",
/// "smtp:[mail.example.net]:2525", "lmtp:unix:/run/x". parse_route(to_string(r), "") gives r again, unless the name is
/// longer than a transport may be.
std::string to_string(const Route& route);

}  // namespace posthouse::queued
