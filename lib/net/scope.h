// Scope: owns coroutines that run beside their parent, and joins them.
#pragma once

#include <cstddef>
#include <utility>

#include "lib/net/detached.h"
#include "lib/net/event.h"
#include "lib/net/loop.h"

namespace posthouse::net {

/// Nothing is detached: what is spawned in a scope has ended when join() returns. A scope must be joined before it is
/// destroyed. How to make the children end is theirs to say (close a stream, cancel an event).
class Scope {
  public:
    explicit Scope(Loop& loop) : loop_(loop), ended_(loop) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// Starts `function(args…)`, an Async<void>, on the loop's next turn. Arguments are moved or copied into the
    /// child: pass values, or pointers and std::ref to what outlives the scope. An exception ends the child only,
    /// and is logged as a bug.
    template <typename F, typename... Args>
    void spawn(F function, Args... args) {
        ++running_;
        loop_.post(run(*this, std::move(function), std::move(args)...).handle);
    }
    /// Waits until all children have ended.
    Async<> join() {
        while (running_ > 0) co_await ended_.wait(Deadline::never());
    }
    std::size_t running() const { return running_; }

  private:
    template <typename F, typename... Args>
    static detail::Detached run(Scope& scope, F function, Args... args) {
        try {
            co_await function(std::move(args)...);
        } catch (...) {
            detail::log_unexpected_exception();
        }
        if (--scope.running_ == 0) scope.ended_.notify_all();
    }

    Loop& loop_;
    Event ended_;
    std::size_t running_ = 0;
};

}  // namespace posthouse::net
