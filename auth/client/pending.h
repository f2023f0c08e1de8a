// Pending: a request that waits for its reply.
#pragma once

#include <optional>
#include <utility>

#include "lib/base/result.h"
#include "lib/net/event.h"

namespace posthouse::auth {

/// Lives in the coroutine that asks; the client's table points to it until it is finished or its asker gives up.
template <typename T>
class PendingReply {
  public:
    explicit PendingReply(net::Loop& loop) : finished_(loop) {}

    /// The reply, or why there is none. The table must not point here any more.
    void finish(Result<T> reply) {
        reply_ = std::move(reply);
        finished_.notify_all();
    }
    bool finished() const { return reply_.has_value(); }
    /// Waits for finish(). Errors: unavailable, when the deadline passed.
    net::Async<Result<T>> wait(net::Deadline deadline) {
        while (!reply_) {
            Result<> notified = co_await finished_.wait(deadline);
            if (!notified && !reply_)
                co_return fail(ErrorCode::unavailable, "Service is too slow", notified.error().text);
        }
        co_return std::move(*reply_);
    }

  private:
    std::optional<Result<T>> reply_;
    net::Event finished_;
};

}  // namespace posthouse::auth
