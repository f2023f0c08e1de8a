// Detached: the root of a tree of coroutines; only Loop and Scope make one.
#pragma once

#include <coroutine>
#include <exception>

namespace posthouse::net::detail {

/// Starts suspended, and destroys itself at its end. Its body must catch everything.
struct Detached {
    struct promise_type {
        Detached get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
    std::coroutine_handle<> handle;
};

/// Writes "bug: unexpected exception" with its text to the log. To be called in a catch block.
void log_unexpected_exception() noexcept;

}  // namespace posthouse::net::detail
