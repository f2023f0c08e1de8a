// Failed log-ins: how long the answer to the next attempt is delayed. Pure: the clock is injected.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/decaying_scores.h"

namespace posthouse::guard {

using Clock = std::function<Time()>;

/// The parameters of section [guard] that penalties follow.
struct PenaltyRules {
    unsigned free_failures = 3;  ///< failures that delay nothing yet
    std::chrono::milliseconds first_delay{1000};
    std::chrono::milliseconds network_limit{15'000};
    std::chrono::milliseconds account_limit{4000};
    std::chrono::milliseconds half_life{600'000};
    double most_failures = 32;     ///< counted at most: an attack must not be remembered for hours
    std::size_t entries = 20'000;  ///< most of networks, accounts and pairs, each
};

/// What survives a restart.
struct PenaltySnapshot {
    std::vector<DecayingScores::Entry> networks;
    std::vector<DecayingScores::Entry> accounts;
    std::vector<DecayingScores::Entry> pairs;
    std::vector<DecayingScores::Entry> good_pairs;
};

/// Counts failures per network and per account, told apart: a network that guesses is slowed down strongly, whatever
/// accounts it tries; an account that many networks guess at is slowed down a little, so that nobody can lock its owner
/// out, and not at all for networks where the owner logged in lately. Delays double with each failure; failures halve
/// with time. A success forgives what this network failed with this account, and nothing else: whoever has an account
/// cannot wipe out the traces of guessing at others.
class Penalties {
  public:
    Penalties(const PenaltyRules& rules, Clock clock);
    void set(const PenaltyRules& rules);

    /// `network` is empty for trusted networks and unknown addresses: then only the account counts, which may be empty
    /// too.
    std::chrono::milliseconds delay(std::string_view network, std::string_view account) const;
    /// `ago`: for what is replayed.
    void failure(std::string_view network, std::string_view account, Time ago = {});
    void success(std::string_view network, std::string_view account, Time ago = {});
    /// Forgets the failures of a network, with whatever accounts.
    void forgive(std::string_view network);

    /// What is left of a network's failures, and of those with an account.
    double failures_of(std::string_view network) const;
    double failures_of(std::string_view network, std::string_view account) const;
    /// The account was used from that network in the last week.
    bool is_good(std::string_view network, std::string_view account) const;
    /// Some account was.
    bool has_good(std::string_view network) const;

    std::size_t networks() const { return networks_.size(); }
    std::size_t accounts() const { return accounts_.size(); }
    PenaltySnapshot snapshot() const;
    /// Adds a snapshot that was taken `elapsed` ago.
    void restore(const PenaltySnapshot& snapshot, std::chrono::milliseconds elapsed);
    /// Grows with every failure and success: tells whether a new snapshot is worth its while.
    std::uint64_t changes() const { return changes_; }

  private:
    std::chrono::milliseconds delay_of(double failures, std::chrono::milliseconds limit) const;

    PenaltyRules rules_;
    Clock clock_;
    DecayingScores networks_;
    DecayingScores accounts_;
    DecayingScores pairs_;       // failures of a network (or all trusted ones) with an account
    DecayingScores good_pairs_;  // 1 at a success
    std::uint64_t changes_ = 0;
};

}  // namespace posthouse::guard
