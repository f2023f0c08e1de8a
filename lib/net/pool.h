// Pool: threads of a daemon's own for work that blocks (disk, hashing, database), so that the loop never does.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "lib/net/loop.h"

namespace posthouse::net {

/// A fixed number of threads and a queue. The queue is as long as there are coroutines that wait in it: bound those.
class Pool {
  public:
    Pool(Loop& loop, std::size_t threads);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    /// Finishes what is queued, then joins the threads. No coroutine may wait in run() any more.
    ~Pool();

    /// Runs `work()` on a thread and gives what it returns (not void); an exception comes back too. It cannot be
    /// cancelled: the coroutine waits until the work is done, so references it captures stay valid.
    template <typename F>
    auto run(F work) -> Async<std::invoke_result_t<F&>> {
        using R = std::invoke_result_t<F&>;
        static_assert(!std::is_void_v<R>, "return a value: Result<> or bool");
        JobOf<F, R> job(*this, std::move(work));
        co_await job;
        if (job.exception) std::rethrow_exception(job.exception);
        co_return std::move(*job.value);
    }

  private:
    struct Job {
        Pool& pool;
        std::coroutine_handle<> handle;
        std::exception_ptr exception;
        explicit Job(Pool& p) : pool(p) {}
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
        JobOf(Pool& p, F w) : Job(p), work(std::move(w)) {}
        void execute() override {
            try {
                value.emplace(work());
            } catch (...) {
                this->exception = std::current_exception();
            }
        }
    };
    void enqueue(Job& job);
    void work();
    void collect();

    Loop& loop_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job*> queue_;  // guarded by mutex_
    std::vector<Job*> done_;  // guarded by mutex_
    bool stopping_ = false;   // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace posthouse::net
