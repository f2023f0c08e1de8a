// Event: coroutines wait for it, somebody notifies. Semaphore: at most N at a time.
#pragma once

#include <coroutine>
#include <cstddef>
#include <list>

#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace posthouse::net {

/// A condition to wait for. Like a condition variable: check your own state again after a wait.
class Event {
  public:
    explicit Event(Loop& loop) : loop_(loop) {}
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event();

    /// Waits for a notification. Errors: timeout; cancelled (cancel() was called, now or earlier).
    Async<Result<>> wait(Deadline deadline);
    /// Wakes all that wait now.
    void notify_all();
    /// Wakes the one that has waited longest.
    void notify_one();
    /// Ends all waits, present and future, with `cancelled`.
    void cancel();
    bool cancelled() const { return cancelled_; }
    bool has_waiters() const { return !waiters_.empty(); }

  private:
    struct Waiter;
    Loop& loop_;
    std::list<Waiter*> waiters_;
    bool cancelled_ = false;
};

/// Bounds how many coroutines do a thing at once; first come, first served.
class Semaphore {
  public:
    Semaphore(Loop& loop, std::size_t permits) : event_(loop), free_(permits) {}
    /// Takes a permit. Errors: timeout, cancelled.
    Async<Result<>> acquire(Deadline deadline);
    void release();
    std::size_t waiting() const { return waiting_; }

  private:
    Event event_;
    std::size_t free_;
    std::size_t waiting_ = 0;
};

}  // namespace posthouse::net
