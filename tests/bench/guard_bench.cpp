// What guardd's decisions cost, and that a million attacking addresses leave it within its bounds.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdlib>
#include <string>

#include "guardd/answers.h"

namespace posthouse::guard {
namespace {

constexpr WallTime epoch{1'700'000'000'000};

std::string address(std::int64_t number) {
    return "10." + std::to_string(number >> 16 & 255) + '.' + std::to_string(number >> 8 & 255) + '.' +
           std::to_string(number & 255);
}

std::string account(std::int64_t number) { return "user" + std::to_string(number) + "@example.org"; }

std::size_t heap() { return ::mallinfo2().uordblks; }

/// guardd with so many entries, on a clock that goes on by a millisecond with each question.
class Guard {
  public:
    explicit Guard(std::size_t entries, unsigned bans_at = 20) {
        Rules rules;
        rules.penalties.entries = entries;
        rules.bans.entries = entries;
        rules.network_failures = bans_at;
        answers.set(rules);
    }
    void ask(Question question, std::int64_t ip, std::int64_t user) {
        now_ += Time(1);
        benchmark::DoNotOptimize(
            answers.answer(Asker::administrator, 1, about_login(question, address(ip), account(user))));
        // As guardd does for its journal.
        for (const Event& event : answers.take_events()) benchmark::DoNotOptimize(to_line(event));
    }

  private:
    Time now_{1'000'000};

  public:
    Answers answers{{}, {[this] { return now_; }, [this] { return epoch + now_; }}};
};

/// The address and the account are new each time, the tables full: an attack.
void failures_of_an_attack(benchmark::State& state) {
    Guard guard(static_cast<std::size_t>(state.range(0)));
    std::int64_t number = 0;
    for (auto _ : state) {
        guard.ask(Question::penalty, number, number);
        guard.ask(Question::failure, number, number);
        ++number;
    }
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(failures_of_an_attack)->Arg(20'000)->Arg(200'000)->Iterations(1'000'000);

/// A decision about somebody, while that many are known and banned.
void decisions(benchmark::State& state) {
    const std::int64_t entries = state.range(0);
    Guard guard(static_cast<std::size_t>(entries));
    for (std::int64_t i = 0; i < entries; ++i) {
        guard.ask(Question::failure, i, i);
        (void)guard.answers.answer(Asker::administrator, 1,
                                   ban_request({address(i), {}}, std::chrono::hours(1), "by hand"));
    }
    std::int64_t number = 0;
    for (auto _ : state) {
        guard.ask(Question::penalty, number % (2 * entries), number);
        ++number;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decisions)->Arg(10'000);

/// Two failures each of a million addresses, the second one bans: what is left of them in memory and on disk.
void a_million_attackers(benchmark::State& state) {
    constexpr std::int64_t attackers = 1'000'000;
    const auto entries = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        const std::size_t before = heap();
        Guard guard(entries, 2);
        for (std::int64_t i = 0; i < attackers; ++i)
            for (int times = 0; times < 2; ++times) guard.ask(Question::failure, i, i % 100'000);
        const std::size_t bytes = heap() - before;
        const SnapshotFile snapshot = guard.answers.snapshot();
        if (snapshot.penalties.networks.size() > entries || snapshot.penalties.accounts.size() > entries ||
            snapshot.penalties.pairs.size() > entries || snapshot.bans.size() > entries)
            std::abort();
        state.counters["memory_MB"] = static_cast<double>(bytes) / 1e6;
        state.counters["bytes_per_address"] = static_cast<double>(bytes) / static_cast<double>(entries);
        state.counters["snapshot_MB"] = static_cast<double>(to_json(snapshot).size()) / 1e6;
    }
}
BENCHMARK(a_million_attackers)->Arg(20'000)->Arg(200'000)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace posthouse::guard
