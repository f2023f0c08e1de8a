// Loop: libuv's loop, the list of coroutines to resume, and one timer for all deadlines.
#include "lib/net/loop.h"

#include <uv.h>

#include <algorithm>
#include <mutex>

#include "lib/base/log.h"
#include "lib/net/detached.h"

namespace posthouse::net {

struct Loop::Handles {
    uv_loop_t loop{};
    uv_async_t async{};
    uv_timer_t timer{};
    Clock::time_point armed_for = Clock::time_point::max();
    std::mutex mutex;
    std::vector<std::function<void()>> foreign;  // guarded by mutex
};

namespace detail {

void log_unexpected_exception() noexcept {
    try {
        throw;
    } catch (const std::exception& problem) {
        log::error("bug: unexpected exception", {{"what", problem.what()}});
    } catch (...) {
        log::error("bug: unexpected exception");
    }
}

}  // namespace detail

namespace {

detail::Detached run_detached(Async<> work) {
    try {
        co_await std::move(work);
    } catch (...) {
        detail::log_unexpected_exception();
    }
}

}  // namespace

Loop::Loop() : handles_(std::make_unique<Handles>()) {
    uv_loop_init(&handles_->loop);
    handles_->loop.data = this;
    uv_async_init(&handles_->loop, &handles_->async, [](uv_async_t* async) {
        auto& self = *static_cast<Loop*>(async->loop->data);
        std::vector<std::function<void()>> work;
        {
            const std::scoped_lock lock(self.handles_->mutex);
            work.swap(self.handles_->foreign);
        }
        for (const auto& f : work) f();
    });
    uv_timer_init(&handles_->loop, &handles_->timer);
}

Loop::~Loop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&handles_->async), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&handles_->timer), nullptr);
    uv_run(&handles_->loop, UV_RUN_DEFAULT);
    uv_loop_close(&handles_->loop);
}

uv_loop_s* Loop::raw() { return &handles_->loop; }

void Loop::start(Async<> work) { post(run_detached(std::move(work)).handle); }

void Loop::run_until_complete(Async<void> main) {
    const auto wrap = [](Async<void> work) -> Async<bool> {
        co_await std::move(work);
        co_return true;
    };
    run_until_complete(wrap(std::move(main)));
}

void Loop::post_from_any_thread(std::function<void()> work) {
    {
        const std::scoped_lock lock(handles_->mutex);
        handles_->foreign.push_back(std::move(work));
    }
    uv_async_send(&handles_->async);
}

void Loop::arm_timer() {
    const auto next = timers_.empty() ? Clock::time_point::max() : timers_.next().at;
    // An alarm that is too early costs one idle turn; only a later one would be wrong.
    if (next >= handles_->armed_for) return;
    handles_->armed_for = next;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    uv_update_time(&handles_->loop);
    uv_timer_start(
        &handles_->timer,
        [](uv_timer_t* timer) {
            auto& self = *static_cast<Loop*>(timer->loop->data);
            self.handles_->armed_for = Clock::time_point::max();
            self.timers_.expire(Clock::now());
            // A timer that is due already when uv_run begins is called before libuv waits for I/O. What it made ready,
            // and the alarm for the next deadline, must not wait for that I/O.
            uv_stop(timer->loop);
        },
        static_cast<std::uint64_t>(std::max<std::int64_t>(wait.count(), 0)), 0);
}

void Loop::run() {
    std::vector<std::coroutine_handle<>> turn;
    while (!stopped_) {
        turn.swap(ready_);
        for (const auto handle : turn) handle.resume();
        turn.clear();
        if (stopped_) break;
        arm_timer();
        uv_run(&handles_->loop, ready_.empty() ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    }
}

}  // namespace posthouse::net
