// Event and Semaphore.
#include "lib/net/event.h"

#include <algorithm>

namespace posthouse::net {

struct Event::Waiter : TimerNode {
    Event& event;
    Deadline until;
    std::coroutine_handle<> handle;
    ErrorCode outcome = ErrorCode::internal;
    bool ok = false;
    bool done = false;

    Waiter(Event& e, Deadline d) : event(e), until(d) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
        handle = h;
        event.waiters_.push_back(this);
        event.loop_.timers().set(*this, until);
    }
    void await_resume() const noexcept {}

    void finish(bool success, ErrorCode code) {
        done = true;
        ok = success;
        outcome = code;
        event.loop_.timers().remove(*this);
        event.loop_.post(handle);
    }
    void expired() override {
        event.waiters_.remove(this);
        finish(false, ErrorCode::timeout);
    }
};

Event::~Event() { cancel(); }

Async<Result<>> Event::wait(Deadline deadline) {
    if (cancelled_) co_return fail(ErrorCode::cancelled, "Cancelled");
    Waiter waiter(*this, deadline);
    co_await waiter;
    if (waiter.ok) co_return Result<>{};
    co_return fail(waiter.outcome, waiter.outcome == ErrorCode::timeout ? "Timed out" : "Cancelled");
}

void Event::notify_all() {
    std::list<Waiter*> woken;
    woken.swap(waiters_);
    for (Waiter* waiter : woken) waiter->finish(true, ErrorCode::internal);
}

void Event::notify_one() {
    if (waiters_.empty()) return;
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    waiter->finish(true, ErrorCode::internal);
}

void Event::cancel() {
    cancelled_ = true;
    std::list<Waiter*> woken;
    woken.swap(waiters_);
    for (Waiter* waiter : woken) waiter->finish(false, ErrorCode::cancelled);
}

// A released permit belongs to whoever was notified: it is not put back first, so nobody can overtake.
Async<Result<>> Semaphore::acquire(Deadline deadline) {
    if (free_ > 0) {
        --free_;
        co_return Result<>{};
    }
    ++waiting_;
    Result<> waited = co_await event_.wait(deadline);
    --waiting_;
    co_return waited;
}

void Semaphore::release() {
    if (event_.has_waiters())
        event_.notify_one();
    else
        ++free_;
}

}  // namespace posthouse::net
