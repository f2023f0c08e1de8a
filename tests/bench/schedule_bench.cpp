// The queue's schedule: what an entry takes of time and of memory, in the window and as a job.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdio>
#include <string>
#include <vector>

#include "queued/schedule/due_window.h"
#include "queued/schedule/scheduler.h"

namespace posthouse::schedule {
namespace {

const TimePoint kNow{Duration(1'790'000'000'000)};

MessageId id(std::uint64_t number) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llu", static_cast<unsigned long long>(number));
    return *message_id({text.data(), 16});
}

/// Bytes that are allocated now.
double allocated() {
    const auto info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

/// A scan of a million deferred messages, of which the window keeps those that are due first.
void scan_a_million(benchmark::State& state) {
    constexpr std::uint64_t messages = 1'000'000;
    std::vector<std::pair<MessageId, TimePoint>> disk;
    Random random(1);
    for (std::uint64_t i = 0; i < messages; ++i) disk.emplace_back(id(i), kNow + Duration(random() % 86'400'000));
    double bytes = 0;
    std::size_t waiting = 0;
    for (auto _ : state) {
        const double before = allocated();
        DueWindow window(static_cast<std::size_t>(state.range(0)));
        window.begin_scan();
        for (const auto& [message, due] : disk) window.offer(message, due);
        window.end_scan();
        bytes = allocated() - before;
        waiting = window.waiting();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
    state.counters["kept"] = static_cast<double>(waiting);
    state.counters["bytes"] = bytes;
    state.counters["bytes_per_kept"] = bytes / static_cast<double>(waiting);
}
BENCHMARK(scan_a_million)->Arg(50'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void take_and_put_back(benchmark::State& state) {
    DueWindow window(200'000);
    window.begin_scan();
    for (std::uint64_t i = 0; i < 100'000; ++i) window.offer(id(i), kNow + Duration(i));
    window.end_scan();
    TimePoint now = kNow;
    for (auto _ : state) {
        now += Duration(1);
        const auto taken = window.take(now);
        window.put_back(*taken, now + Duration(100'000));
    }
}
BENCHMARK(take_and_put_back);

/// Jobs that all have their own sender and destination, or share them.
void hold_jobs(benchmark::State& state) {
    constexpr std::uint64_t jobs = 20'000;
    const auto different = static_cast<std::uint64_t>(state.range(0));
    double bytes = 0;
    for (auto _ : state) {
        const double before = allocated();
        Scheduler scheduler({.jobs = 3 * jobs}, [](std::string_view) { return DestinationLimits(); }, 1);
        for (std::uint64_t i = 0; i < jobs; ++i) {
            const std::string name = std::to_string(i % different);
            (void)scheduler.admit(
                {.id = id(i), .destination = "smtp:host" + name + ".example", .sender = "user" + name}, kNow);
        }
        bytes = allocated() - before;
        if (scheduler.jobs() != jobs) state.SkipWithError("not all were admitted");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs));
    state.counters["bytes_per_job"] = bytes / static_cast<double>(jobs);
}
BENCHMARK(hold_jobs)->Arg(1)->Arg(100)->Arg(20'000)->Unit(benchmark::kMillisecond);

/// A job from its admission to its end, beside a full house.
void deliver(benchmark::State& state) {
    const auto different = static_cast<std::uint64_t>(state.range(0));
    Scheduler scheduler({}, [](std::string_view) { return DestinationLimits(); }, 1);
    std::uint64_t number = 0;
    const auto admit = [&] {
        const std::string name = std::to_string(number % different);
        (void)scheduler.admit({.id = id(number),
                               .destination = "smtp:host" + name + ".example",
                               .sender = "user" + std::to_string(number % 50)},
                              kNow);
        ++number;
    };
    for (int i = 0; i < 5000; ++i) admit();
    std::vector<Ticket> running;
    while (const auto start = scheduler.next(kNow)) running.push_back(start->ticket);
    std::size_t at = 0;
    for (auto _ : state) {
        scheduler.finished(running[at], Outcome::served, kNow);
        admit();
        if (const auto start = scheduler.next(kNow)) running[at] = start->ticket;
        at = (at + 1) % running.size();
    }
}
BENCHMARK(deliver)->Arg(1)->Arg(100)->Arg(5000);

}  // namespace
}  // namespace posthouse::schedule
