// VerdictCache: remembers for a little while whether a password fits a hash, so that a client that logs in again and
// again does not cost a hash each time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::auth {

/// Keyed with the stored hash: after a change of the password nothing is found. Holds a keyed digest of both (the key
/// is made at start and never leaves the process), not the password. Belongs to one thread; the clock is injected.
class VerdictCache {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds good_for{60};
    static constexpr std::chrono::seconds bad_for{10};
    /// About 150 bytes each; a full cache is emptied.
    static constexpr std::size_t max_entries = 10'000;

    VerdictCache();
    ~VerdictCache();
    VerdictCache(const VerdictCache&) = delete;
    VerdictCache& operator=(const VerdictCache&) = delete;

    std::optional<bool> find(std::string_view stored, std::string_view password, Time now) const;
    void remember(std::string_view stored, std::string_view password, bool verdict, Time now);

  private:
    struct Entry {
        bool verdict;
        Time until;
    };
    std::string digest(std::string_view stored, std::string_view password) const;

    std::string key_;
    std::map<std::string, Entry> entries_;
};

}  // namespace posthouse::auth
