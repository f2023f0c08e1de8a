// TlsPlan: what is demanded of TLS with one host, out of the administrator's level, DANE, MTA-STS and the message.
#pragma once

#include <string>
#include <vector>

#include "lib/dane/decision.h"
#include "lib/mta-sts/cache.h"
#include "lib/smtp/reply.h"
#include "lib/tlsrpt/counters.h"
#include "lib/transfer/failure.h"
#include "lib/transfer/tls_demand.h"
#include "queued/outbound/tls_level.h"

namespace posthouse::queued {

/// What is known of a host before there is a connection.
struct HostFacts {
    std::string host;        ///< its name, as in the MX record; of an address, the address
    std::string domain;      ///< the next hop's, whose mail host it is
    bool from_mx = false;    ///< found by way of the domain's MX, or as the domain itself for lack of MX
    bool mx_secure = false;  ///< DNSSEC vouches for that way
    dane::Decision dane{};   ///< asked only where the level wants to know
    std::optional<mta_sts::Cached> sts{};
};

struct TlsPlan {
    transfer::TlsDemand::Level level = transfer::TlsDemand::Level::none;
    bool fall_back = false;  ///< in plain text, when the handshake fails
    bool by_dane = false;    ///< `dane` verifies the server
    std::vector<std::string>
        names{};              ///< of which its certificate must have one; without `verify` it is only looked at
    bool identified = false;  ///< who gets the mail is proved from the domain to the certificate (REQUIRETLS)
    tlsrpt::Policy policy{};  ///< what it went by, for reports (RFC 8460 §4.2)
    bool testing = false;     ///< MTA-STS in the mode testing: what fails is only counted
};

/// A host that nothing may be sent to, and what is reported of that.
struct TlsRefusal {
    smtp::Reply reply;  ///< in our words
    tlsrpt::Policy policy{};
    tlsrpt::FailureType type = tlsrpt::FailureType::validation_failure;
};

/// `requires_tls`: the message came with REQUIRETLS, so that the level counts as `dane` at least, and a host whose
/// identity can't be proved is refused with 550 5.7.30 (RFC 8689 §4.2.1). All else is 451 4.7.5: DNS and policies
/// change.
std::expected<TlsPlan, TlsRefusal> plan_tls(TlsLevel level, const HostFacts& facts, bool requires_tls);

/// What the report says of a failure: nullopt when TLS wasn't the reason.
std::optional<tlsrpt::FailureType> reported_failure(const transfer::Failure& failure);

}  // namespace posthouse::queued
