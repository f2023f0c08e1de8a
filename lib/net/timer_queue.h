// TimerQueue: every deadline of a loop in one binary heap, so that a wait costs no system call and no allocation.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/net/deadline.h"

namespace posthouse::net {

/// A deadline that waits in a TimerQueue; part of whoever waits. Leaves the queue when destroyed.
class TimerNode {
  public:
    TimerNode() = default;
    TimerNode(const TimerNode&) = delete;
    TimerNode& operator=(const TimerNode&) = delete;
    virtual ~TimerNode();
    /// Called once when the deadline has passed; the node has left the queue by then.
    virtual void expired() = 0;
    bool queued() const { return queue_ != nullptr; }
    Deadline deadline() const { return deadline_; }

  private:
    friend class TimerQueue;
    class TimerQueue* queue_ = nullptr;
    std::size_t index_ = 0;
    Deadline deadline_{};
};

/// A binary heap of nodes by deadline: add and remove in O(log n). Not thread-safe.
class TimerQueue {
  public:
    ~TimerQueue();
    /// Adds or moves. Deadline::never() only removes.
    void set(TimerNode& node, Deadline deadline);
    void remove(TimerNode& node);
    bool empty() const { return heap_.empty(); }
    /// The earliest deadline; the queue must not be empty.
    Deadline next() const { return heap_.front()->deadline_; }
    /// Calls expired() of all nodes due at `now`, earliest first.
    void expire(Clock::time_point now);

  private:
    void place(std::size_t index, TimerNode* node);
    void sift_up(std::size_t index);
    void sift_down(std::size_t index);
    std::vector<TimerNode*> heap_;
};

}  // namespace posthouse::net
