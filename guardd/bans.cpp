// Bans by network, account, or both.
#include "guardd/bans.h"

#include <algorithm>
#include <cmath>

namespace posthouse::guard {
namespace {

constexpr Time repeats_half_life = std::chrono::hours(24);
// Doubled so often, any first time is longer than any longest one.
constexpr double max_doublings = 30;

/// Nobody is spared by one by hand, fewer are by one of an account than by one of a network.
int strength(const Ban& ban) { return (ban.by_hand ? 2 : 0) + (ban.subject.account.empty() ? 0 : 1); }

std::string name_of(const BanSubject& subject) { return subject.network + ' ' + subject.account; }

}  // namespace

Bans::Bans(const BanRules& rules, WallClock clock)
    : rules_(rules), clock_(std::move(clock)), repeats_(rules.entries, repeats_half_life) {}

void Bans::set(const BanRules& rules) {
    rules_ = rules;
    repeats_.set(rules.entries, repeats_half_life);
    forget_too_many();
}

void Bans::consider(const BanSubject& subject, const Ban*& found) const {
    const auto at = bans_.find(subject);
    if (at == bans_.end() || at->second.over(clock_())) return;
    if (found == nullptr || strength(at->second) > strength(*found)) found = &at->second;
}

const Ban* Bans::find(const net::Address& address, const std::string& account) const {
    const Ban* found = nullptr;
    if (bans_.empty()) return found;
    const auto look = [&](const auto& prefixes) {
        for (unsigned prefix = 0; prefix < prefixes.size(); ++prefix) {
            if (prefixes[prefix] == 0) continue;
            BanSubject subject{net::Network::around(address, prefix).to_string(), {}};
            consider(subject, found);
            if (account.empty()) continue;
            subject.account = account;
            consider(subject, found);
        }
    };
    if (address.family() == net::Address::Family::ipv4) look(ipv4_prefixes_);
    if (address.family() == net::Address::Family::ipv6) look(ipv6_prefixes_);
    if (!account.empty()) consider({{}, account}, found);
    return found;
}

std::optional<Ban> Bans::ban_for_failures(const BanSubject& subject, std::string reason) {
    const WallTime now = clock_();
    const auto present = bans_.find(subject);
    if (present != bans_.end() && !present->second.over(now)) return std::nullopt;
    const double doublings = std::min(std::floor(repeats_.score(name_of(subject), now) + 0.5), max_doublings);
    const double time = static_cast<double>(rules_.first_time.count()) * std::exp2(doublings);
    const WallTime length(std::llround(std::min(time, static_cast<double>(rules_.longest_time.count()))));
    Ban ban{subject, now, std::min(now + length, latest_end), false, std::move(reason)};
    if (!add(ban)) return std::nullopt;
    return ban;
}

Result<> Bans::add(Ban ban) {
    forget_ended();
    const auto present = bans_.find(ban.subject);
    const bool replaces_one_by_hand = present != bans_.end() && present->second.by_hand;
    if (ban.by_hand && !replaces_one_by_hand && by_hand_ >= max_by_hand)
        return fail(ErrorCode::limit, "There are too many bans by hand already");
    if (present != bans_.end()) erase(present);
    if (!ban.by_hand) {
        const std::string name = name_of(ban.subject);
        repeats_.put(name, std::min(repeats_.score(name, ban.since) + 1, max_doublings), ban.since);
    }
    if (ban.by_hand) ++by_hand_;
    if (ban.until) (ban.by_hand ? ends_by_hand_ : ends_for_failures_).emplace(*ban.until, ban.subject);
    if (const Result<net::Network> network = net::Network::parse(ban.subject.network)) ++prefix_count(*network);
    BanSubject subject = ban.subject;
    bans_.emplace(std::move(subject), std::move(ban));
    forget_too_many();
    return {};
}

std::size_t Bans::lift(const BanSubject& subject) {
    const WallTime now = clock_();
    repeats_.lower(name_of(subject), max_doublings, now);
    std::size_t lifted = 0;
    // Those of one network stand together.
    auto at = subject.network.empty() ? bans_.begin() : bans_.lower_bound({subject.network, {}});
    while (at != bans_.end() && (subject.network.empty() || at->first.network == subject.network)) {
        if (!subject.account.empty() && at->first.account != subject.account) {
            ++at;
            continue;
        }
        if (!at->second.over(now)) ++lifted;
        repeats_.lower(name_of(at->first), max_doublings, now);
        at = erase(at);
    }
    return lifted;
}

std::vector<Ban> Bans::list(const BanSubject& after, std::size_t most) const {
    const WallTime now = clock_();
    std::vector<Ban> listed;
    for (auto at = bans_.upper_bound(after); at != bans_.end() && listed.size() < most; ++at)
        if (!at->second.over(now)) listed.push_back(at->second);
    return listed;
}

void Bans::restore_repeats(const std::vector<DecayingScores::Entry>& entries, WallTime taken_at) {
    repeats_.restore(entries, std::min(taken_at, clock_()));
}

Bans::Map::iterator Bans::erase(Map::iterator at) {
    const Ban& ban = at->second;
    if (ban.by_hand) --by_hand_;
    if (ban.until) (ban.by_hand ? ends_by_hand_ : ends_for_failures_).erase({*ban.until, ban.subject});
    if (const Result<net::Network> network = net::Network::parse(ban.subject.network)) --prefix_count(*network);
    return bans_.erase(at);
}

void Bans::forget_ended() {
    const WallTime now = clock_();
    for (const Ends* ends : {&ends_by_hand_, &ends_for_failures_})
        while (!ends->empty() && ends->begin()->first <= now) erase(bans_.find(ends->begin()->second));
}

void Bans::forget_too_many() {
    while (ends_for_failures_.size() > rules_.entries) erase(bans_.find(ends_for_failures_.begin()->second));
}

unsigned& Bans::prefix_count(const net::Network& network) {
    const bool ipv4 = network.base().family() == net::Address::Family::ipv4;
    return ipv4 ? ipv4_prefixes_[network.prefix()] : ipv6_prefixes_[network.prefix()];
}

}  // namespace posthouse::guard
