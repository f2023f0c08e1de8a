// WaitingMessages: bounds the messages of all sessions that wait for the rest of their command.
#pragma once

#include <cstddef>
#include <utility>

#include "lib/imap/limits.h"

namespace posthouse::imapd {

/// Each is an open file, and one user's must not use up all that the process may have. Belongs to the loop's thread;
/// outlives the shares that it gives out.
class WaitingMessages {
  public:
    explicit WaitingMessages(std::size_t most = imap::kMaxAppendedWaiting) : most_(most) {}
    WaitingMessages(const WaitingMessages&) = delete;
    WaitingMessages& operator=(const WaitingMessages&) = delete;

    /// The messages of one command, given back when this is destroyed.
    class Share {
      public:
        explicit Share(WaitingMessages& of) : of_(&of) {}
        Share(Share&& other) noexcept : of_(other.of_), count_(std::exchange(other.count_, 0)) {}
        Share& operator=(Share&&) = delete;
        ~Share() { of_->total_ -= count_; }
        /// False: there are too many.
        bool add() {
            if (of_->total_ == of_->most_) return false;
            ++of_->total_;
            ++count_;
            return true;
        }

      private:
        WaitingMessages* of_;
        std::size_t count_ = 0;
    };

  private:
    std::size_t most_;
    std::size_t total_ = 0;
};

}  // namespace posthouse::imapd
