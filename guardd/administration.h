// Administration: bans and rates as the command line asks guardd for them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/ban.h"
#include "guardd/rate.h"
#include "lib/net/async.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/policy/policy.h"

namespace posthouse::guard {

/// One connection to guardd's socket, made at the first question. Errors of all: unavailable, guardd doesn't answer
/// within 5 s; denied, it refuses, with its reason.
class Administration {
  public:
    Administration(net::Loop& loop, std::string socket) : loop_(loop), socket_(std::move(socket)) {}

    /// All bans, in the order of networks and accounts.
    net::Async<Result<std::vector<Ban>>> bans();
    /// Adds a ban by hand, in place of one of the same subject; without a duration for good. It is on disk then.
    net::Async<Result<>> ban(BanSubject subject, std::optional<std::chrono::seconds> duration, std::string reason);
    /// Lifts the bans of that network, that account, or that account from that network; how many there were.
    net::Async<Result<std::size_t>> lift(BanSubject subject);
    /// All rates, in the order of kinds and names.
    net::Async<Result<std::vector<Rate>>> rates();
    /// Forgets what was counted of the subject; of a client, of the network that an address is counted under. How many
    /// there were: 1 or 0.
    net::Async<Result<std::size_t>> reset(RateSubject subject);

  private:
    net::Async<Result<std::string>> ask(policy::Request request);
    net::Async<Result<std::size_t>> lift(policy::Request request);

    net::Loop& loop_;
    std::string socket_;
    std::optional<net::Stream> stream_;
};

}  // namespace posthouse::guard
