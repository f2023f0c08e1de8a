// Connections of clients that are open now.
#include "guardd/connection_counts.h"

#include <algorithm>

namespace posthouse::guard {
namespace {

// No worker has more connections (the parameters' bound), nor connections to more networks.
constexpr std::uint64_t max_per_owner = 100'000;

}  // namespace

bool ConnectionCounts::open(Owner owner, std::string_view service, std::string_view network, std::uint64_t limit) {
    if (count(service, network) >= limit) return false;
    restore(owner, service, network, 1);
    return true;
}

void ConnectionCounts::restore(Owner owner, std::string_view service, std::string_view network, std::uint64_t count) {
    if (count == 0) return;
    std::map<Key, std::uint64_t>& counts = owners_[owner];
    const Key key(service, network);
    const auto found = counts.find(key);
    if (found == counts.end() && counts.size() >= max_per_owner) return;
    std::uint64_t& own = found == counts.end() ? counts[key] : found->second;
    const std::uint64_t added = std::min(count, max_per_owner - own);
    own += added;
    if (added > 0) sums_[key] += added;
    total_ += added;
}

void ConnectionCounts::close(Owner owner, std::string_view service, std::string_view network) {
    const auto counts = owners_.find(owner);
    if (counts == owners_.end()) return;
    const auto own = counts->second.find(Key(service, network));
    if (own == counts->second.end()) return;
    subtract(own->first, 1);
    if (--own->second > 0) return;
    counts->second.erase(own);
    if (counts->second.empty()) owners_.erase(counts);
}

void ConnectionCounts::forget(Owner owner) {
    const auto counts = owners_.find(owner);
    if (counts == owners_.end()) return;
    for (const auto& [key, count] : counts->second) subtract(key, count);
    owners_.erase(counts);
}

std::uint64_t ConnectionCounts::count(std::string_view service, std::string_view network) const {
    const auto found = sums_.find(Key(service, network));
    return found == sums_.end() ? 0 : found->second;
}

void ConnectionCounts::subtract(const Key& key, std::uint64_t count) {
    const auto sum = sums_.find(key);
    sum->second -= count;
    total_ -= count;
    if (sum->second == 0) sums_.erase(sum);
}

}  // namespace posthouse::guard
