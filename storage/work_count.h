// WorkCount: how far a long call is, counted by the thread that works, read by whoever waits for it.
#pragma once

#include <atomic>
#include <cstdint>

namespace posthouse::storage {

/// Messages that COPY, MOVE, EXPUNGE and STORE have worked on. Only a figure to show: nothing is ordered by it.
class WorkCount {
  public:
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

    /// While it exists, the calls of this thread count here. Not to be nested.
    class OnThisThread {
      public:
        explicit OnThisThread(WorkCount& count) { current_ = &count; }
        OnThisThread(const OnThisThread&) = delete;
        OnThisThread& operator=(const OnThisThread&) = delete;
        ~OnThisThread() { current_ = nullptr; }
    };

    /// For storage's own parts: one more message is done. For nothing when nobody counts.
    static void add_one() {
        if (current_ != nullptr) current_->value_.fetch_add(1, std::memory_order_relaxed);
    }

  private:
    static inline constinit thread_local WorkCount* current_ = nullptr;
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace posthouse::storage
