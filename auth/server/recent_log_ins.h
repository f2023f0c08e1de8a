// RecentLogIns: which users logged in from which network lately.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse::auth {

/// Pairs of user and network that were good within a day; they get at a hash even while strangers keep all others
/// busy. Bounded: when full, the older half is forgotten. Belongs to one thread; the clock is injected.
class RecentLogIns {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::hours kept_for{24};
    static constexpr std::size_t max_entries = 20'000;

    void remember(std::string_view user, std::string_view network, Time now);
    bool knows(std::string_view user, std::string_view network, Time now) const;

  private:
    std::map<std::pair<std::string, std::string>, Time, std::less<>> pairs_;
};

}  // namespace posthouse::auth
