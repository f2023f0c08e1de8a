// Tests of coroutines, scopes, events, timers and pools.
#include <gtest/gtest.h>

#include <algorithm>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/event.h"
#include "lib/net/loop.h"
#include "lib/net/pool.h"
#include "lib/net/scope.h"
#include "lib/net/signals.h"

#include <csignal>

namespace posthouse::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Async<int> immediate(int value) { co_return value; }

Async<long> sum_of_immediate(int count) {
    long sum = 0;
    for (int i = 0; i < count; ++i) {
        const int value = co_await immediate(1);
        sum += value;
    }
    co_return sum;
}

TEST(Async, AMillionImmediateAwaitsDoNotGrowTheStack) {
    Loop loop;
    EXPECT_EQ(loop.run_until_complete(sum_of_immediate(1'000'000)), 1'000'000);
}

Async<int> throwing() {
    throw std::runtime_error("boom");
    co_return 1;
}

TEST(Async, ExceptionsReachTheAwaiter) {
    Loop loop;
    EXPECT_THROW(loop.run_until_complete(throwing()), std::runtime_error);
}

Async<> append_after(Loop* loop, std::vector<int>* out, int value, int ms) {
    co_await loop->sleep_until(Deadline::in(milliseconds(ms)));
    out->push_back(value);
}

Async<> three_sleepers(Loop& loop, std::vector<int>& out) {
    Scope scope(loop);
    scope.spawn(append_after, &loop, &out, 3, 30);
    scope.spawn(append_after, &loop, &out, 1, 1);
    scope.spawn(append_after, &loop, &out, 2, 15);
    co_await scope.join();
}

TEST(Scope, JoinWaitsForAllAndTimersFireInOrder) {
    Loop loop;
    std::vector<int> out;
    loop.run_until_complete(three_sleepers(loop, out));
    EXPECT_EQ(out, (std::vector{1, 2, 3}));
}

Async<> throw_in_child() {
    throw std::runtime_error("child");
    co_return;
}

Async<> scope_with_throwing_child(Loop& loop) {
    Scope scope(loop);
    scope.spawn(throw_in_child);
    co_await scope.join();
}

TEST(Scope, AnExceptionEndsTheChildOnly) {
    Loop loop;
    loop.run_until_complete(scope_with_throwing_child(loop));
}

TEST(Event, AWaitEndsByItsDeadline) {
    Loop loop;
    Event event(loop);
    const Result<> waited = loop.run_until_complete(event.wait(Deadline::in(milliseconds(1))));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, ErrorCode::timeout);
}

// Keeps the loop busy until the deadline of another wait has passed.
Async<> compute_until(Loop* loop, Deadline deadline) {
    co_await loop->yield();
    while (!deadline.passed()) {
    }
}

Async<Result<>> wait_beside_computing(Loop& loop) {
    Event event(loop);
    Scope scope(loop);
    const Deadline deadline = Deadline::in(milliseconds(5));
    scope.spawn(compute_until, &loop, deadline);
    Result<> waited = co_await event.wait(deadline);
    co_await scope.join();
    co_return waited;
}

TEST(Event, ADeadlineThatPassesWhileTheLoopComputesEndsTheWaitWithoutAnyInput) {
    Loop loop;
    for (int round = 0; round < 10; ++round) {
        const Result<> waited = loop.run_until_complete(wait_beside_computing(loop));
        ASSERT_FALSE(waited);
        EXPECT_EQ(waited.error().code, ErrorCode::timeout);
    }
}

Async<> cancel_event(Event* event) {
    event->cancel();
    co_return;
}

Async<Result<>> wait_for_cancel(Loop& loop) {
    Event event(loop);
    Scope scope(loop);
    scope.spawn(cancel_event, &event);
    Result<> waited = co_await event.wait(Deadline::in(hours(1)));
    co_await scope.join();
    co_return waited;
}

TEST(Event, CancelEndsAWait) {
    Loop loop;
    const Result<> waited = loop.run_until_complete(wait_for_cancel(loop));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, ErrorCode::cancelled);
}

struct Gauge {
    int now = 0;
    int most = 0;
};

Async<> guarded(Loop* loop, Semaphore* semaphore, Gauge* gauge) {
    Result<> taken = co_await semaphore->acquire(Deadline::in(hours(1)));
    EXPECT_TRUE(taken);
    gauge->most = std::max(gauge->most, ++gauge->now);
    co_await loop->yield();
    --gauge->now;
    semaphore->release();
}

Async<> many_guarded(Loop& loop, Gauge& gauge) {
    Semaphore semaphore(loop, 3);
    Scope scope(loop);
    for (int i = 0; i < 50; ++i) scope.spawn(guarded, &loop, &semaphore, &gauge);
    co_await scope.join();
}

TEST(Semaphore, NeverLetsMoreInThanItHasPermits) {
    Loop loop;
    Gauge gauge;
    loop.run_until_complete(many_guarded(loop, gauge));
    EXPECT_EQ(gauge.most, 3);
    EXPECT_EQ(gauge.now, 0);
}

Async<> add_on_pool(Pool* pool, std::atomic<int>* sum, int value) {
    const int got = co_await pool->run([value] { return value * 2; });
    *sum += got;
}

Async<> work_on_pool(Loop& loop, std::atomic<int>& sum) {
    Pool pool(loop, 4);
    Scope scope(loop);
    for (int i = 0; i < 1000; ++i) scope.spawn(add_on_pool, &pool, &sum, i);
    co_await scope.join();
}

TEST(Pool, GivesEachCoroutineItsOwnResult) {
    Loop loop;
    std::atomic<int> sum = 0;
    loop.run_until_complete(work_on_pool(loop, sum));
    EXPECT_EQ(sum, 999 * 1000);
}

Async<bool> pool_exception(Loop& loop) {
    Pool pool(loop, 1);
    bool caught = false;
    try {
        co_await pool.run([]() -> int { throw std::runtime_error("disk"); });
    } catch (const std::runtime_error&) {
        caught = true;
    }
    co_return caught;
}

TEST(Pool, AnExceptionComesBackToTheAwaiter) {
    Loop loop;
    EXPECT_TRUE(loop.run_until_complete(pool_exception(loop)));
}

/// Work that holds its thread up until it is released.
struct Holding {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, int, std::less<>> held;
    bool released = false;

    bool hold(std::string_view whom) {
        std::unique_lock lock(mutex);
        ++held[std::string(whom)];
        changed.notify_all();
        return changed.wait_for(lock, std::chrono::seconds(20), [this] { return released; });
    }
    /// Waits until as many threads are held up.
    bool holds(std::string_view whom, int threads) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(20),
                                [&] { return held.contains(whom) && held.find(whom)->second == threads; });
    }
    void release() {
        const std::scoped_lock lock(mutex);
        released = true;
        changed.notify_all();
    }
};

Async<> hold_up(Pool* pool, Holding* holding, std::string whom) {
    const bool released = co_await pool->run_for(whom, [&] { return holding->hold(whom); });
    EXPECT_TRUE(released);
}

Async<int> hold_half_of_the_threads(Loop& loop) {
    Pool pool(loop, 4);
    Scope scope(loop);
    Holding holding;
    for (int i = 0; i < 10; ++i) scope.spawn(hold_up, &pool, &holding, "dave");
    const bool held = co_await pool.run([&] { return holding.holds("dave", 2); });
    EXPECT_TRUE(held);
    // Were more of dave's work taken, these would find it.
    for (int i = 0; i < 20; ++i) {
        const bool still = co_await pool.run_for("alice", [&] { return holding.holds("dave", 2); });
        EXPECT_TRUE(still);
    }
    holding.release();
    co_await scope.join();
    co_return holding.held["dave"];
}

TEST(Pool, GivesHalfOfItsThreadsToOneAtMost) {
    Loop loop;
    EXPECT_EQ(loop.run_until_complete(hold_half_of_the_threads(loop)), 10);
}

Async<> hold_all_threads(Loop& loop) {
    Pool pool(loop, 2);
    Scope scope(loop);
    Holding holding;
    const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
    for (const std::string& name : names)
        for (int i = 0; i < 3; ++i) scope.spawn(hold_up, &pool, &holding, name);
    for (const std::string& name : names) {
        const bool held = co_await pool.run_for("alice", [&] { return holding.holds(name, 1); });
        EXPECT_TRUE(held) << name;
    }
    holding.release();
    co_await scope.join();
}

TEST(Pool, AddsThreadsForThoseForWhomNothingRuns) {
    Loop loop;
    loop.run_until_complete(hold_all_threads(loop));
}

/// How many hold a thread of a pool of two of low priority when a more patient one of usual priority has been added to.
Async<std::size_t> hold_a_low_pool(Loop& loop) {
    Pool low(loop, 2, Pool::Priority::low, milliseconds(1));
    Pool usual(loop, 2, Pool::Priority::usual, milliseconds(50));
    Scope scope(loop);
    Holding of_low;
    Holding of_usual;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        scope.spawn(hold_up, &low, &of_low, name);
        scope.spawn(hold_up, &usual, &of_usual, name);
    }
    const bool added = co_await usual.run_for("alice", [&] { return of_usual.holds("e", 1); });
    EXPECT_TRUE(added);
    std::size_t held = 0;
    {
        const std::scoped_lock lock(of_low.mutex);
        held = of_low.held.size();
    }
    of_low.release();
    of_usual.release();
    co_await scope.join();
    co_return held;
}

TEST(Pool, OfLowPriorityAddsNoThreads) {
    Loop loop;
    EXPECT_EQ(loop.run_until_complete(hold_a_low_pool(loop)), 2u);
}

Async<> note(Pool* pool, std::string* order, std::string whom) {
    const bool noted = co_await pool->run_for(whom, [&] {
        *order += whom;
        return true;
    });
    EXPECT_TRUE(noted);
}

Async<std::string> take_turns(Loop& loop) {
    Pool pool(loop, 1, Pool::Priority::usual, hours(1));
    Scope scope(loop);
    Holding holding;
    std::string order;  // one thread writes it
    scope.spawn(hold_up, &pool, &holding, "z");
    for (const char* whom : {"a", "a", "a", "b", "c", "b", ""}) scope.spawn(note, &pool, &order, whom);
    scope.spawn(
        [](Holding* held) -> Async<> {
            held->release();
            co_return;
        },
        &holding);
    co_await scope.join();
    co_return order;
}

TEST(Pool, TakesTurns) {
    Loop loop;
    EXPECT_EQ(loop.run_until_complete(take_turns(loop)), "abcaba");
}

TEST(Signals, RunTheirFunctionOnTheLoop) {
    Loop loop;
    int seen = 0;
    {
        const Signals signals(loop, {SIGUSR1}, [&](int number) {
            seen = number;
            loop.stop();
        });
        ::raise(SIGUSR1);
        loop.run();
    }
    EXPECT_EQ(seen, SIGUSR1);
}

class Recorder : public TimerNode {
  public:
    Recorder(std::vector<int>& out, int id) : out_(out), id_(id) {}
    void expired() override { out_.push_back(id_); }

  private:
    std::vector<int>& out_;
    int id_;
};

TEST(TimerQueue, ExpiresInOrderAndForgetsDestroyedNodes) {
    TimerQueue queue;
    std::vector<int> out;
    const auto now = Clock::now();
    std::vector<std::unique_ptr<Recorder>> nodes;
    for (int i = 0; i < 100; ++i) {
        nodes.push_back(std::make_unique<Recorder>(out, i));
        queue.set(*nodes.back(), {now + milliseconds((i * 37) % 100)});
    }
    for (std::size_t i = 0; i < 100; i += 2) nodes[i].reset();
    queue.set(*nodes[1], {now + hours(1)});
    queue.expire(now + milliseconds(100));
    EXPECT_EQ(out.size(), 49u);
    EXPECT_TRUE(std::ranges::is_sorted(out, {}, [](int i) { return (i * 37) % 100; }));
    EXPECT_FALSE(queue.empty());
}

}  // namespace
}  // namespace posthouse::net
