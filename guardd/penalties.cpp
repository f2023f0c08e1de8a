// Failed log-ins and the delays they cause.
#include "guardd/penalties.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "guardd/ban.h"
#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

// A score of 1 has become 0.5 after this time: until then a pair is a good one.
constexpr Time good_for = std::chrono::hours(7 * 24);
constexpr double still_good = 0.5;
// A score of 1 after about an hour.
constexpr double still_fresh = 0.996;
// Doubled so often, any first delay is longer than any limit.
constexpr double max_doublings = 32;

std::string account_key(std::string_view account) { return ascii::lower(account.substr(0, max_account_octets)); }

std::string pair_key(std::string_view network, std::string_view account) {
    return std::string(network) + " " + std::string(account);
}

void count_failure(DecayingScores& scores, std::string_view name, double most, Time now) {
    scores.put(name, std::min(scores.score(name, now) + 1, most), now);
}

}  // namespace

Penalties::Penalties(const PenaltyRules& rules, Clock clock)
    : rules_(rules),
      clock_(std::move(clock)),
      networks_(rules.entries, rules.half_life),
      accounts_(rules.entries, rules.half_life),
      pairs_(rules.entries, rules.half_life),
      good_pairs_(rules.entries, good_for) {}

void Penalties::set(const PenaltyRules& rules) {
    rules_ = rules;
    networks_.set(rules.entries, rules.half_life);
    accounts_.set(rules.entries, rules.half_life);
    pairs_.set(rules.entries, rules.half_life);
    good_pairs_.set(rules.entries, good_for);
}

std::chrono::milliseconds Penalties::delay_of(double failures, std::chrono::milliseconds limit) const {
    const double paid = std::floor(failures + 0.5) - rules_.free_failures;
    if (paid < 1) return std::chrono::milliseconds(0);
    const double delay = static_cast<double>(rules_.first_delay.count()) * std::exp2(std::min(paid, max_doublings) - 1);
    return std::chrono::milliseconds(std::llround(std::min(delay, static_cast<double>(limit.count()))));
}

std::chrono::milliseconds Penalties::delay(std::string_view network, std::string_view account) const {
    const Time now = clock_();
    std::chrono::milliseconds delay(0);
    if (!network.empty()) delay = delay_of(networks_.score(network, now), rules_.network_limit);
    if (account.empty()) return delay;
    const std::string key = account_key(account);
    if (!network.empty() && is_good(network, key)) return delay;
    return std::max(delay, delay_of(accounts_.score(key, now), rules_.account_limit));
}

void Penalties::failure(std::string_view network, std::string_view account, Time ago) {
    const Time now = clock_() - ago;
    ++changes_;
    if (!network.empty()) count_failure(networks_, network, rules_.most_failures, now);
    if (account.empty()) return;
    const std::string key = account_key(account);
    count_failure(accounts_, key, rules_.most_failures, now);
    count_failure(pairs_, pair_key(network, key), rules_.most_failures, now);
}

void Penalties::success(std::string_view network, std::string_view account, Time ago) {
    if (account.empty()) return;
    const Time now = clock_() - ago;
    const std::string key = account_key(account);
    const std::string pair = pair_key(network, key);
    if (const double failed = pairs_.score(pair, now); failed > 0) {
        networks_.lower(network, failed, now);
        accounts_.lower(key, failed, now);
        pairs_.lower(pair, failed, now);
        ++changes_;
    }
    // Trusted networks are no good pairs: everybody comes through them. Hardly older: not worth a new snapshot.
    if (network.empty() || good_pairs_.score(pair, now) > still_fresh) return;
    good_pairs_.put(pair, 1, now);
    ++changes_;
}

void Penalties::forgive(std::string_view network) {
    networks_.lower(network, std::numeric_limits<double>::infinity(), clock_());
    pairs_.forget(pair_key(network, {}));
    ++changes_;
}

double Penalties::failures_of(std::string_view network) const { return networks_.score(network, clock_()); }

double Penalties::failures_of(std::string_view network, std::string_view account) const {
    return pairs_.score(pair_key(network, account_key(account)), clock_());
}

bool Penalties::is_good(std::string_view network, std::string_view account) const {
    return good_pairs_.score(pair_key(network, account_key(account)), clock_()) >= still_good;
}

bool Penalties::has_good(std::string_view network) const {
    return good_pairs_.any(pair_key(network, {}), still_good, clock_());
}

PenaltySnapshot Penalties::snapshot() const {
    const Time now = clock_();
    return {networks_.entries(now), accounts_.entries(now), pairs_.entries(now), good_pairs_.entries(now)};
}

void Penalties::restore(const PenaltySnapshot& snapshot, std::chrono::milliseconds elapsed) {
    const Time then = clock_() - std::max(elapsed, std::chrono::milliseconds(0));
    networks_.restore(snapshot.networks, then);
    accounts_.restore(snapshot.accounts, then);
    pairs_.restore(snapshot.pairs, then);
    good_pairs_.restore(snapshot.good_pairs, then);
}

}  // namespace posthouse::guard
