// Pool: threads of a daemon's own for work that blocks (disk, hashing, database), so that the loop never does; shared
// fairly between those for whom the work is done.
#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "lib/net/loop.h"
#include "lib/net/timer_queue.h"

namespace posthouse::net {

/// Threads, and a queue that is as long as there are coroutines that wait in it: bound those.
///
/// Work may be done *for* somebody (an account). Those for whom nothing runs come first, in the order in which they
/// came; then those for whom something runs, up to half of the threads for each. Both take turns, job by job. When
/// somebody for whom nothing runs has waited for a while, because jobs wait for locks or compute for long, threads are
/// added, up to `max_growth` times as many; they stay, and work only for such. Work for nobody counts as work for one
/// who comes anew.
class Pool {
  public:
    static constexpr std::size_t max_growth = 4;
    static constexpr std::chrono::milliseconds usual_patience{100};

    /// What the threads' work is to the system.
    enum class Priority {
        usual,
        low,  ///< computes for long: whoever else has something to do goes first, and no threads are added
    };

    /// `patience`: how long somebody for whom nothing runs waits before threads are added.
    Pool(Loop& loop, std::size_t threads, Priority priority = Priority::usual,
         Clock::duration patience = usual_patience);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    /// Finishes what is queued, then joins the threads. No coroutine may wait in run() any more.
    ~Pool();

    /// Runs `work()` on a thread and gives what it returns (not void); an exception comes back too. It cannot be
    /// cancelled: the coroutine waits until the work is done, so references it captures stay valid.
    template <typename F>
    auto run(F work) -> Async<std::invoke_result_t<F&>> {
        return run_for({}, std::move(work));
    }
    /// The same for `whom`, which stays valid until the work is done. Empty: for nobody.
    template <typename F>
    auto run_for(std::string_view whom, F work) -> Async<std::invoke_result_t<F&>> {
        using R = std::invoke_result_t<F&>;
        static_assert(!std::is_void_v<R>, "return a value: Result<> or bool");
        JobOf<F, R> job(*this, whom, std::move(work));
        co_await job;
        if (job.exception) std::rethrow_exception(job.exception);
        co_return std::move(*job.value);
    }

  private:
    struct Job;
    /// Somebody for whom work is done: exists while there is some.
    struct Lane {
        std::deque<Job*> waiting;  ///< without the one that waits in first_ or more_
        std::size_t running = 0;
        bool offered = false;  ///< one of its jobs waits there
    };
    struct Job {
        Pool& pool;
        std::string_view whom;
        Lane* lane = nullptr;
        Clock::time_point first_since;  ///< in first_
        std::coroutine_handle<> handle;
        std::exception_ptr exception;
        Job(Pool& p, std::string_view w) : pool(p), whom(w) {}
        virtual void execute() = 0;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> h) {
            handle = h;
            pool.enqueue(*this);
        }
        void await_resume() const noexcept {}

      protected:
        ~Job() = default;
    };
    template <typename F, typename R>
    struct JobOf final : Job {
        F work;
        std::optional<R> value;
        JobOf(Pool& p, std::string_view whom, F w) : Job(p, whom), work(std::move(w)) {}
        void execute() override {
            try {
                value.emplace(work());
            } catch (...) {
                this->exception = std::current_exception();
            }
        }
    };
    /// Runs while first_ may have to wait.
    struct Patience final : TimerNode {
        Pool& pool;
        explicit Patience(Pool& p) : pool(p) {}
        void expired() override { pool.grow(); }
    };
    void enqueue(Job& job);
    void put_first(Job& job);
    void offer(Lane& lane);
    bool may_take() const;
    bool wants_thread();
    Job& take();
    void finished(const Job& job);
    void work();
    void watch();
    void grow();
    void collect();

    Loop& loop_;
    const std::size_t usual_threads_;
    const Priority priority_;
    const Clock::duration patience_;
    const std::size_t share_;  ///< of one lane
    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::string, Lane, std::less<>> lanes_;  // guarded by mutex_
    std::deque<Job*> first_;                          // guarded by mutex_: for nobody, or for whom nothing runs
    std::deque<Job*> more_;                           // guarded by mutex_: for whom something runs
    std::size_t running_ = 0;                         // guarded by mutex_
    std::size_t sleeping_ = 0;                        // guarded by mutex_: threads
    std::size_t woken_ = 0;                           // guarded by mutex_: of them, those that are on their way
    std::vector<Job*> done_;                          // guarded by mutex_
    bool stopping_ = false;                           // guarded by mutex_
    Patience patience_timer_{*this};                  // of the loop's thread
    std::vector<std::thread> threads_;                // of the loop's thread
};

}  // namespace posthouse::net
