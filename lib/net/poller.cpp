// Poller: one uv_poll_t. Interest is kept while coroutines come and go, so that a dialogue costs no epoll_ctl.
#include "lib/net/poller.h"

#include <uv.h>

#include <array>

namespace posthouse::net {
namespace {

// Lives until libuv has let go of the handle, which may be after the Poller.
struct Handle {
    uv_poll_t poll{};
};

}  // namespace

struct Poller::State {
    struct Slot : TimerNode {
        State* state = nullptr;
        Direction direction = Direction::read;
        std::coroutine_handle<> handle;
        Deadline until{};
        ErrorCode failure = ErrorCode::internal;
        bool ok = false;

        void finish(bool success, ErrorCode code) {
            ok = success;
            failure = code;
            state->loop.post(std::exchange(handle, nullptr));
        }
        // The node may stand in the queue for an earlier wait than the present one.
        void expired() override {
            if (!handle) return;
            if (until.passed())
                finish(false, ErrorCode::timeout);
            else
                state->loop.timers().set(*this, until);
        }
    };

    Loop& loop;
    Handle* handle = new Handle;
    int interest = 0;
    bool cancelled = false;
    std::array<Slot, 2> slots;

    State(Loop& l, int fd) : loop(l) {
        uv_poll_init(loop.raw(), &handle->poll, fd);
        handle->poll.data = this;
        for (Slot& slot : slots) slot.state = this;
        slots[1].direction = Direction::write;
    }
    ~State() {
        cancel();
        handle->poll.data = nullptr;
        uv_close(reinterpret_cast<uv_handle_t*>(&handle->poll),
                 [](uv_handle_t* h) { delete reinterpret_cast<Handle*>(h); });
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Slot& slot(Direction direction) { return slots[direction == Direction::read ? 0 : 1]; }

    void set_interest(int wanted) {
        if (wanted == interest) return;
        interest = wanted;
        if (wanted == 0)
            uv_poll_stop(&handle->poll);
        else
            uv_poll_start(&handle->poll, wanted, on_event);
    }
    static void on_event(uv_poll_t* poll, int status, int events) {
        auto* self = static_cast<State*>(poll->data);
        if (self == nullptr) return;
        if (status < 0) events = UV_READABLE | UV_WRITABLE;
        int wanted = self->interest;
        if ((events & UV_READABLE) != 0) {
            if (self->slots[0].handle)
                self->slots[0].finish(true, ErrorCode::internal);
            else
                wanted &= ~UV_READABLE;  // nobody waits now: do not spin
        }
        if ((events & UV_WRITABLE) != 0) {
            if (self->slots[1].handle) self->slots[1].finish(true, ErrorCode::internal);
            wanted &= ~UV_WRITABLE;
        }
        if (status < 0) wanted = 0;
        self->set_interest(wanted);
    }
    void cancel() {
        cancelled = true;
        for (Slot& s : slots)
            if (s.handle) s.finish(false, ErrorCode::cancelled);
    }
};

Poller::Poller(Loop& loop, int fd) : state_(std::make_unique<State>(loop, fd)) {}
Poller::Poller(Poller&&) noexcept = default;
Poller& Poller::operator=(Poller&&) noexcept = default;
Poller::~Poller() = default;

Async<Result<>> Poller::wait(Direction direction, Deadline deadline) {
    struct Awaiter {
        State::Slot& slot;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> h) const { slot.handle = h; }
        void await_resume() const noexcept {}
    };
    State& state = *state_;
    if (state.cancelled) co_return fail(ErrorCode::cancelled, "Cancelled");
    State::Slot& slot = state.slot(direction);
    slot.until = deadline;
    if (!slot.queued() || deadline.at < slot.deadline().at) state.loop.timers().set(slot, deadline);
    state.set_interest(state.interest | (direction == Direction::read ? UV_READABLE : UV_WRITABLE));
    co_await Awaiter{slot};
    if (slot.ok) co_return Result<>{};
    switch (slot.failure) {
        case ErrorCode::timeout: co_return fail(ErrorCode::timeout, "Timed out");
        case ErrorCode::busy: co_return fail(ErrorCode::busy, "Woken");
        default: co_return fail(ErrorCode::cancelled, "Cancelled");
    }
}

void Poller::wake(Direction direction) {
    State::Slot& slot = state_->slot(direction);
    if (slot.handle) slot.finish(false, ErrorCode::busy);
}

void Poller::cancel() { state_->cancel(); }

}  // namespace posthouse::net
