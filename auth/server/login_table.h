// LoginTable: log-ins that a master process may ask for (REQUEST), for a little while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace posthouse::auth {

/// What identifies a log-in: who asked for it, under which id, and the cookie of the connection it happened on.
struct LoginKey {
    std::string cookie;
    std::uint32_t client_pid = 0;
    std::uint32_t exchange_id = 0;
    friend auto operator<=>(const LoginKey&, const LoginKey&) = default;
};

/// Each log-in is handed out once. Bounded: the oldest are forgotten. Belongs to one thread; the clock is injected.
class LoginTable {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kept_for{60};
    static constexpr std::size_t max_entries = 10'000;

    void add(LoginKey key, std::string user, Time now);
    /// The user, if the log-in is known and fresh; it is forgotten then.
    std::optional<std::string> take(const LoginKey& key, Time now);

  private:
    struct Entry {
        std::string user;
        Time until;
    };
    std::map<LoginKey, Entry> entries_;
};

}  // namespace posthouse::auth
