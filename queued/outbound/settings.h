// Settings of outbound mail, as plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/tls.h"
#include "lib/transfer/credentials.h"
#include "lib/transfer/timeouts.h"
#include "queued/delivery/route.h"
#include "queued/outbound/tls_level.h"

namespace posthouse::queued {

/// An address of this host that mail is sent from.
struct SourceAddress {
    std::string sender_domain;  ///< for senders there; empty: for all others
    net::Address address;
};

struct OutboundSettings {
    std::string helo_name;
    std::string lmtp_socket;              ///< lmtpd's
    std::string scratch_folder = "/tmp";  ///< for messages that are encoded anew
    std::vector<SourceAddress> sources{};
    std::uint16_t port = 25;
    std::uint16_t lmtp_port = 24;
    bool ipv4 = true;
    bool ipv6 = true;
    std::size_t max_addresses = 5;              ///< tried in one delivery
    std::size_t max_sessions = 2;               ///< servers talked to in one delivery
    std::vector<std::string> own_names{};       ///< of this host: MX that lead to it are a loop (RFC 5321 §5.1)
    std::vector<net::Address> own_addresses{};  ///< the same, at `port`

    TlsPolicies tls{};
    /// Authorities and own certificate, enabled for DANE (dane::enable). None: no TLS.
    std::shared_ptr<const net::TlsContext> tls_context{};
    bool mta_sts = true;
    /// By to_string(Route) of the next hop alone: "smtp:[mail.example.net]:587".
    std::map<std::string, std::shared_ptr<const transfer::Credentials>, std::less<>> credentials{};

    transfer::Timeouts timeouts{};
    std::chrono::milliseconds connect_timeout{std::chrono::seconds(30)};
    std::chrono::milliseconds dns_timeout{std::chrono::seconds(15)};

    std::chrono::milliseconds connection_idle{std::chrono::seconds(5)};  ///< 0: connections are not kept
    std::chrono::milliseconds connection_time{std::chrono::minutes(5)};
    int connection_messages = 100;
    std::size_t connection_cache = 100;
};

/// The credentials for a next hop: those of its host and port, else of its host. nullptr: none.
std::shared_ptr<const transfer::Credentials> credentials_for(const OutboundSettings& settings, Route::Kind kind,
                                                             Hop hop);
/// Where a message of this sender is sent from to `peer`; family none: wherever the kernel wants.
net::Address source_for(const OutboundSettings& settings, std::string_view sender_domain, const net::Address& peer);

}  // namespace posthouse::queued
