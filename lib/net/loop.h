// Loop: one event loop of one thread, on which coroutines run. Callbacks never resume a coroutine inline: they post
// it, and the loop resumes what was posted, in order.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/async.h"
#include "lib/net/deadline.h"
#include "lib/net/timer_queue.h"

struct uv_loop_s;

namespace posthouse::net {

/// Owns a libuv loop. All members but `post_from_any_thread` belong to the thread that runs it.
class Loop {
  public:
    Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    /// Nothing may wait on the loop any more (scopes joined, streams closed).
    ~Loop();

    /// Runs until stop().
    void run();
    /// Ends run() after what is being resumed now.
    void stop() { stopped_ = true; }
    /// Starts `main`, runs the loop until it has ended, and returns its value. For programs and tests.
    template <typename T>
    T run_until_complete(Async<T> main) {
        struct Box {
            std::optional<T> value;
            std::exception_ptr exception;
        } box;
        start([](Async<T> work, Box& out, Loop& loop) -> Async<> {
            try {
                out.value.emplace(co_await std::move(work));
            } catch (...) {
                out.exception = std::current_exception();
            }
            loop.stop();
        }(std::move(main), box, *this));
        run();
        stopped_ = false;
        if (box.exception) std::rethrow_exception(box.exception);
        return std::move(*box.value);
    }
    void run_until_complete(Async<void> main);

    /// Resumes `handle` on a later turn of the loop.
    void post(std::coroutine_handle<> handle) { ready_.push_back(handle); }
    /// Runs `work` on the loop's thread; from any thread.
    void post_from_any_thread(std::function<void()> work);

    /// Lets everybody else run once.
    auto yield() {
        struct Awaiter {
            Loop& loop;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> handle) const { loop.post(handle); }
            void await_resume() const noexcept {}
        };
        return Awaiter{*this};
    }
    /// Waits until the deadline. (To be able to end it early: Event::wait.)
    auto sleep_until(Deadline deadline) {
        struct Awaiter : TimerNode {
            Loop& loop;
            Deadline until;
            std::coroutine_handle<> handle;
            Awaiter(Loop& l, Deadline d) : loop(l), until(d) {}
            bool await_ready() const noexcept { return until.passed(); }
            void await_suspend(std::coroutine_handle<> h) {
                handle = h;
                loop.timers().set(*this, until);
            }
            void await_resume() const noexcept {}
            void expired() override { loop.post(handle); }
        };
        return Awaiter(*this, deadline);
    }

    TimerQueue& timers() { return timers_; }
    uv_loop_s* raw();

  private:
    void start(Async<> work);
    void arm_timer();
    struct Handles;
    std::unique_ptr<Handles> handles_;
    std::vector<std::coroutine_handle<>> ready_;
    TimerQueue timers_;
    bool stopped_ = false;
};

}  // namespace posthouse::net
