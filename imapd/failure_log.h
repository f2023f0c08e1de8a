// Log lines of commands that failed for reasons that aren't the client's syntax.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "lib/base/result.h"
#include "lib/net/async.h"

namespace posthouse::imapd {

class Session;

/// How many lines a session has written lately: a client that fails on and on doesn't fill the log.
class FailureBudget {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::uint32_t lines_per_second = 3;

    /// Whether a line may be written now.
    bool take(Clock::time_point now);
    /// How many may not since the last that could; none from then on.
    std::uint64_t suppressed() { return std::exchange(suppressed_, 0); }

  private:
    Clock::time_point second_;
    std::uint32_t lines_ = 0;
    std::uint64_t suppressed_ = 0;
};

/// "command failed", with user, mailbox, code and reason: a warning for what an administrator must know (no permission,
/// in use, unavailable, a mailbox that isn't found though its folder is there), info for a quota. What clients bring
/// about with their own words isn't logged.
net::Async<> log_failure(Session& session, std::string_view verb, const Error& error);

}  // namespace posthouse::imapd
