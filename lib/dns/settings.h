// Settings of the resolver: whom it asks, what it trusts, and its bounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "lib/net/address.h"

namespace posthouse::dns {

/// A zone whose server is asked directly, not found by way of the root.
struct StubZone {
    std::string name;
    net::Address server;
};

struct Settings {
    /// Resolvers to ask. Empty: those of `resolv_conf`; if that is empty, too, the resolver itself asks the servers of
    /// zones, beginning at the root (own recursion).
    std::vector<net::Address> forwarders{};
    std::string resolv_conf = "/etc/resolv.conf";
    /// DS or DNSKEY records of the root in zone-file form. Empty: nothing is validated, and there is no DANE.
    std::string trust_anchor_file = "/usr/share/dns/root.key";
    /// For own recursion.
    std::vector<StubZone> stub_zones{};
    std::size_t cache_bytes = 16u << 20;  ///< of answers

    /// A signed zone, which shows whether signatures reach us: its SOA and the proof that `_25._tcp` in it has no TLSA.
    std::string probe_zone = ".";
    std::chrono::seconds probe_interval{600};
    std::chrono::seconds probe_timeout{10};
    /// Fail rather than go on without validation where signatures don't reach us.
    bool require_dnssec = false;

    std::size_t max_concurrent = 256;  ///< queries at one time
    std::size_t max_waiting = 10'000;  ///< queries that wait for their turn; more fail at once
    /// Queries that were given up by their deadline while libunbound still works on them; more make new ones fail.
    std::size_t max_abandoned = 4096;
};

/// How names are resolved.
enum class Mode {
    forwarding,   ///< forwarders are asked, and their answers validated
    recursing,    ///< own recursion, validated
    unvalidated,  ///< nothing is validated: no answer is secure, and there is no DANE
};

}  // namespace posthouse::dns
