// guardd's answer to each question, out of the counts. Pure but for the injected clocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guardd/bans.h"
#include "guardd/client_network.h"
#include "guardd/connection_counts.h"
#include "guardd/event.h"
#include "guardd/penalties.h"
#include "guardd/questions.h"
#include "guardd/rate_answers.h"
#include "guardd/snapshot.h"
#include "lib/net/address.h"
#include "lib/policy/policy.h"

namespace posthouse::guard {

/// What answers depend on, from section [guard], and of [smtpd] its limits.
struct Rules {
    std::uint64_t connections_per_address = 50;
    std::vector<net::Network> trusted_networks;
    std::vector<net::Network> allowed_networks;
    NetworkSizes sizes;
    PenaltyRules penalties;
    BanRules bans;
    unsigned network_failures = 20;  ///< ban a network; 0: never
    unsigned account_failures = 10;  ///< of one account ban it from that network; 0: never
    RateRules rates;
};

/// Steady for what is counted, of the wall for what people and files are told.
struct Clocks {
    Clock steady;
    Bans::WallClock wall;
};

/// What an answer did, for who counts and saves.
enum class Outcome {
    told,           ///< nothing more than what was asked
    refused,        ///< a connection, for the client has too many or is banned
    limited,        ///< a message, for a limit
    failed_login,   ///< one more failure is known
    delayed_login,  ///< the log-in is to wait
    refused_login,  ///< for a ban
    changed,        ///< bans or counts, by an administrator: to be on the disk before he is told
    denied,         ///< an administrator's question that makes no sense, or one that somebody else asked
};

struct Answer {
    policy::Reply reply;
    Outcome outcome = Outcome::told;
};

/// Everything that guardd knows.
class Answers {
  public:
    Answers(Rules rules, Clocks clocks);
    /// After a reload.
    void set(Rules rules);

    /// The answer to one request of `owner`, the connection it came on. What is not understood is answered DUNNO, which
    /// lets Postfix and older daemons go on; what `asker` may not ask is answered REJECT, and changes nothing.
    Answer answer(Asker asker, ConnectionCounts::Owner owner, const policy::Request& request);
    /// The connection ended: so did all that it counted.
    void forget(ConnectionCounts::Owner owner) { connections_.forget(owner); }

    const ConnectionCounts& connections() const { return connections_; }
    const Penalties& penalties() const { return penalties_; }
    const Bans& bans() const { return bans_; }
    /// Subjects whose rates are known.
    std::size_t rates() const { return rates_.size(); }

    /// What changed since it was last asked.
    std::vector<Event> take_events() { return std::exchange(events_, {}); }
    std::vector<LimitMet> take_limits_met() { return rates_.take_limits_met(); }
    /// The number of the last event.
    std::uint64_t last_event() const { return last_event_; }
    SnapshotFile snapshot() const;
    /// Adds a snapshot, and then events that came after it; those that it holds are passed over.
    void restore(const SnapshotFile& snapshot);
    void replay(const Event& event);

  private:
    /// Who is asked about.
    struct Client {
        net::Address address;  ///< none: unknown
        std::string network;   ///< the key to count it under; empty: it is not to be counted
        bool allowed = false;  ///< its network is never banned
    };
    Client client_of(const policy::Request& request) const;
    Answer connect(ConnectionCounts::Owner owner, std::string_view service, const Client& client);
    Answer postfix(const Client& client, const policy::Request& request);
    Answer message(const Client& client, const policy::Request& request);
    void count(std::vector<RateSubject> subjects, const Amounts& more);
    Answer list_rates(const policy::Request& request) const;
    Answer reset(const policy::Request& request);
    Penalty penalty(const Client& client, std::string_view user) const;
    void failure(const Client& client, std::string_view user);
    void success(const Client& client, std::string_view user);
    void ban_for_failures(const Client& client, std::string_view account, double failures, unsigned most);
    Answer list_bans(const BanSubject& after) const;
    Answer ban(const policy::Request& request);
    Answer lift(const policy::Request& request);
    std::size_t lift_now(const BanSubject& subject);
    void record(Event event);

    Rules rules_;
    Clocks clocks_;
    ConnectionCounts connections_;
    Penalties penalties_;
    Bans bans_;
    RateAnswers rates_;
    std::vector<Event> events_;
    std::uint64_t last_event_ = 0;
};

}  // namespace posthouse::guard
