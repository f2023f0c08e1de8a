// Signals: runs a function on the loop when a signal comes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/net/loop.h"

namespace posthouse::net {

/// Watches signals until it is destroyed. `on_signal` runs on the loop's thread, not in the signal handler.
class Signals {
  public:
    Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int)> on_signal);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::net
