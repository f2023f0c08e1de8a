// guardd's answer to each question, out of the counts. Pure but for the injected clock of the penalties.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/connection_counts.h"
#include "guardd/penalties.h"
#include "guardd/questions.h"
#include "lib/net/address.h"
#include "lib/policy/policy.h"

namespace posthouse::guard {

/// What answers depend on, from section [guard].
struct Rules {
    std::uint64_t connections_per_address = 50;
    std::vector<net::Network> trusted_networks;
    PenaltyRules penalties;
};

/// Everything that guardd knows.
class Answers {
  public:
    Answers(Rules rules, Clock clock);
    /// After a reload.
    void set(Rules rules);

    /// The answer to one request of `owner`, the connection it came on. What is not understood is answered DUNNO, which
    /// lets Postfix and older daemons go on.
    policy::Reply answer(ConnectionCounts::Owner owner, const policy::Request& request);
    /// The connection ended: so did all that it counted.
    void forget(ConnectionCounts::Owner owner) { connections_.forget(owner); }

    const ConnectionCounts& connections() const { return connections_; }
    Penalties& penalties() { return penalties_; }

  private:
    /// The key to count a client under; empty when it is not to be counted.
    std::string network_of(const policy::Request& request) const;
    policy::Reply connect(ConnectionCounts::Owner owner, std::string_view service, const std::string& network);
    policy::Reply postfix(const std::string& network) const;

    Rules rules_;
    ConnectionCounts connections_;
    Penalties penalties_;
};

}  // namespace posthouse::guard
