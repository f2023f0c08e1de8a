// Scores that halve with time.
#include "guardd/decaying_scores.h"

#include <algorithm>
#include <cmath>

namespace posthouse::guard {
namespace {

constexpr double negligible = 0.05;

}  // namespace

double DecayingScores::decayed(const Score& score, Time now) const {
    const Time age = std::max(Time(0), now - score.changed);
    return score.value * std::exp2(-static_cast<double>(age.count()) / static_cast<double>(half_life_.count()));
}

double DecayingScores::score(std::string_view name, Time now) const {
    const auto found = scores_.find(name);
    return found == scores_.end() ? 0 : decayed(found->second, now);
}

void DecayingScores::forget_oldest() {
    scores_.erase(order_.front());
    order_.pop_front();
}

DecayingScores::Score& DecayingScores::touch(std::string_view name) {
    const auto found = scores_.find(name);
    if (found != scores_.end()) {
        order_.splice(order_.end(), order_, found->second.place);
        return found->second;
    }
    if (scores_.size() >= capacity_) forget_oldest();
    const auto added = scores_.emplace(name, Score{}).first;
    added->second.place = order_.insert(order_.end(), added);
    return added->second;
}

void DecayingScores::put(std::string_view name, double score, Time now) {
    Score& entry = touch(name);
    entry.value = score;
    entry.changed = now;
}

void DecayingScores::lower(std::string_view name, double amount, Time now) {
    const auto found = scores_.find(name);
    if (found == scores_.end()) return;
    const double left = decayed(found->second, now) - amount;
    if (left < negligible) {
        order_.erase(found->second.place);
        scores_.erase(found);
        return;
    }
    found->second.value = left;
    found->second.changed = now;
}

void DecayingScores::forget(std::string_view beginning) {
    auto at = scores_.lower_bound(beginning);
    while (at != scores_.end() && at->first.starts_with(beginning)) {
        order_.erase(at->second.place);
        at = scores_.erase(at);
    }
}

bool DecayingScores::any(std::string_view beginning, double least, Time now) const {
    for (auto at = scores_.lower_bound(beginning); at != scores_.end() && at->first.starts_with(beginning); ++at)
        if (decayed(at->second, now) >= least) return true;
    return false;
}

void DecayingScores::set(std::size_t capacity, Time half_life) {
    capacity_ = capacity;
    half_life_ = half_life;
    while (scores_.size() > capacity_) forget_oldest();
}

std::vector<DecayingScores::Entry> DecayingScores::entries(Time now) const {
    std::vector<Entry> all;
    all.reserve(scores_.size());
    for (const auto& at : order_) {
        if (decayed(at->second, now) < negligible) continue;
        all.push_back({at->first, at->second.value, std::max(Time(0), now - at->second.changed)});
    }
    return all;
}

void DecayingScores::restore(const std::vector<Entry>& entries, Time now) {
    for (const Entry& entry : entries) put(entry.name, entry.score, now - entry.age);
}

}  // namespace posthouse::guard
