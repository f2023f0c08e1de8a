// AnswerCache: remembers for a little while what a server said of a token, so that a client that logs in again and
// again is not asked about each time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "auth/tokens/claims.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// Holds a keyed digest of the token (the key is made at start and never leaves the process), not the token.
/// Thread-safe; the clocks are injected.
class AnswerCache {
  public:
    using Clock = std::chrono::steady_clock;
    /// A token that is not good is asked about again after this time at the latest.
    static constexpr std::chrono::seconds bad_for{10};
    /// About 300 bytes each; a full cache is emptied.
    static constexpr std::size_t max_entries = 10'000;

    explicit AnswerCache(std::chrono::milliseconds good_for);
    ~AnswerCache();
    AnswerCache(const AnswerCache&) = delete;
    AnswerCache& operator=(const AnswerCache&) = delete;

    /// `today`: seconds since 1970, for the token's own end.
    std::optional<Result<TokenUser>> find(std::string_view token, std::int64_t today, Clock::time_point now) const;
    void remember(std::string_view token, const Result<TokenUser>& answer, Clock::time_point now);

  private:
    struct Entry {
        Result<TokenUser> answer;
        Clock::time_point until;
    };
    std::string digest(std::string_view token) const;

    const std::chrono::milliseconds good_for_;
    std::string key_;
    mutable std::mutex mutex_;
    std::map<std::string, Entry> entries_;  // guarded by mutex_
};

}  // namespace posthouse::auth
