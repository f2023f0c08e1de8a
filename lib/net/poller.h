// Poller: waits until a descriptor can be read or written.
#pragma once

#include <coroutine>
#include <memory>

#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace posthouse::net {

enum class Direction { read, write };

/// Watches one descriptor, which the owner keeps open and non-blocking for as long. One coroutine may wait in each
/// direction. Level-triggered: try the system call first, wait when it says EAGAIN.
class Poller {
  public:
    Poller(Loop& loop, int fd);
    Poller(Poller&&) noexcept;
    Poller& operator=(Poller&&) noexcept;
    ~Poller();

    /// Waits until the descriptor is ready (or has failed: the next system call tells). Errors: timeout; cancelled.
    Async<Result<>> wait(Direction direction, Deadline deadline);
    /// Ends the present wait in `direction`, if there is one, with busy: "look again at what you wait for".
    void wake(Direction direction);
    /// Ends all waits, present and future, with cancelled.
    void cancel();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::net
