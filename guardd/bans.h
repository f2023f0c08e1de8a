// Bans: whose log-ins are refused, by hand or for failures, in bounded memory. Pure: the clock is injected.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "guardd/ban.h"
#include "guardd/decaying_scores.h"
#include "lib/net/address.h"

namespace posthouse::guard {

/// The parameters of section [guard] that bans for failures follow.
struct BanRules {
    std::chrono::milliseconds first_time{600'000};
    std::chrono::milliseconds longest_time{86'400'000};
    std::size_t entries = 20'000;  ///< most bans for failures
};

/// Each ban for failures of a subject takes twice as long as the one before, which counts half after a day. When there
/// are too many, the one that ends first makes room; bans by hand are never forgotten for others.
class Bans {
  public:
    using WallClock = std::function<WallTime()>;
    /// Most bans by hand.
    static constexpr std::size_t max_by_hand = 10'000;

    Bans(const BanRules& rules, WallClock clock);
    void set(const BanRules& rules);

    /// The ban that meets a log-in of `account` (in lower case; may be empty) from `address`, if there is one: one by
    /// hand before one for failures, one of the account before one of the network. Valid until the next change.
    const Ban* find(const net::Address& address, const std::string& account) const;
    /// Bans for failures, unless it is banned already: nullopt.
    std::optional<Ban> ban_for_failures(const BanSubject& subject, std::string reason);
    /// Adds a ban, in place of one of the same subject. Errors: limit, there are too many by hand.
    Result<> add(Ban ban);
    /// Lifts the bans of that network (or, when empty, any) and that account (or, when empty, any); the next ones for
    /// failures are first ones again. How many there were.
    std::size_t lift(const BanSubject& subject);

    std::size_t size() const { return bans_.size(); }
    /// At most `most` bans in the order of their subjects, from the first after `after` on.
    std::vector<Ban> list(const BanSubject& after, std::size_t most) const;
    /// How often subjects were banned lately; for snapshots.
    std::vector<DecayingScores::Entry> repeats() const { return repeats_.entries(clock_()); }
    void restore_repeats(const std::vector<DecayingScores::Entry>& entries, WallTime taken_at);

  private:
    using Ends = std::set<std::pair<WallTime, BanSubject>>;

    using Map = std::map<BanSubject, Ban>;

    void consider(const BanSubject& subject, const Ban*& found) const;
    Map::iterator erase(Map::iterator at);
    void forget_ended();
    void forget_too_many();
    unsigned& prefix_count(const net::Network& network);

    BanRules rules_;
    WallClock clock_;
    Map bans_;
    Ends ends_by_hand_;
    Ends ends_for_failures_;
    std::size_t by_hand_ = 0;
    // How many bans have a network of that prefix length: those that none has need no look.
    std::array<unsigned, 33> ipv4_prefixes_{};
    std::array<unsigned, 129> ipv6_prefixes_{};
    DecayingScores repeats_;
};

}  // namespace posthouse::guard
