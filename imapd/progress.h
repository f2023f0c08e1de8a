// Progress: tells the client how far a long command is (RFC 9585).
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "imapd/session.h"
#include "lib/net/scope.h"
#include "lib/net/timer_queue.h"
#include "storage/work_count.h"

namespace posthouse::imapd {

/// For one command, which asks it between its pieces, or works through it. A command that ends within
/// imapd.progress_interval sends nothing.
class Progress {
  public:
    /// `goal`: how much there is to do, in messages or whatever the command counts; 0: nobody knows.
    explicit Progress(Session& session, std::uint64_t goal = 0);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    std::uint64_t goal() const { return goal_; }
    /// So much of the goal is done; what storage counts comes on top.
    void set_done(std::uint64_t done) { done_ = done; }
    /// What comes is counted on top of what is done.
    void finish_part() { earlier_ += std::exchange(done_, 0); }
    /// Between two pieces, where a response may stand: tells the client when it is time to.
    net::Async<> tell_if_due();

    /// Session::disk for work that may take long as a whole: the client is told meanwhile. What storage counts is done.
    template <typename F>
    net::Async<std::invoke_result_t<F&>> disk(F work) {
        using R = std::invoke_result_t<F&>;
        std::optional<R> result;
        std::exception_ptr thrown;
        timer_.start();
        try {
            R given = co_await session_.disk([&] {
                const storage::WorkCount::OnThisThread counts(count_);
                return work();
            });
            result.emplace(std::move(given));
        } catch (...) {
            thrown = std::current_exception();
        }
        co_await timer_.stop();
        if (thrown) std::rethrow_exception(thrown);
        co_return std::move(*result);
    }

  private:
    /// Tells while the command waits for the disk pool, and so doesn't write itself.
    struct Timer final : net::TimerNode {
        explicit Timer(Progress& p);
        void start();
        net::Async<> stop();
        void expired() override;
        Progress& progress;
        net::Scope telling;
        bool runs = false;
    };
    static net::Async<> tell(Progress* progress);

    Session& session_;
    std::uint64_t goal_;
    std::uint64_t earlier_ = 0;
    std::uint64_t done_ = 0;
    storage::WorkCount count_;
    net::Deadline next_;
    Timer timer_;
};

}  // namespace posthouse::imapd
