// RecentLogIns: which users logged in from which network lately.
#include "auth/server/recent_log_ins.h"

#include <algorithm>
#include <vector>

namespace posthouse::auth {

void RecentLogIns::remember(std::string_view user, std::string_view network, Time now) {
    if (pairs_.size() >= max_entries) {
        std::vector<Time> times;
        times.reserve(pairs_.size());
        for (const auto& [pair, time] : pairs_) times.push_back(time);
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::ranges::nth_element(times, middle);
        const Time oldest_kept = *middle;
        std::erase_if(pairs_, [&](const auto& entry) { return entry.second <= oldest_kept; });
    }
    pairs_.insert_or_assign({std::string(user), std::string(network)}, now);
}

bool RecentLogIns::knows(std::string_view user, std::string_view network, Time now) const {
    const auto found = pairs_.find(std::pair(std::string(user), std::string(network)));
    return found != pairs_.end() && now - found->second < kept_for;
}

}  // namespace posthouse::auth
