// What telling others costs a writer, and how long after a delivery's answer a process with 1,000 idle mailboxes sees
// it.
#include <benchmark/benchmark.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "storage/account.h"
#include "storage/delivery.h"
#include "storage/mailbox.h"
#include "storage/store.h"
#include "storage/view.h"
#include "storage/wake/wake_file.h"
#include "storage/watch.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t idle_sessions = 1'000;

/// A folder for one benchmark, below the working folder: on the disk that is measured.
class Folder {
  public:
    Folder() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_ = std::filesystem::current_path().string() + "/bench-XXXXXX";
};

const std::array<WakeKey, 2> keys{WakeKey::of_mailbox({1, 2}), WakeKey::of_account("/example.org/bob")};

void tell_while_nobody_waits(benchmark::State& state) {
    const Folder folder;
    Watcher watcher(folder.path());
    for (auto _ : state) watcher.tell(keys);
}
BENCHMARK(tell_while_nobody_waits);

void tell_while_workers_wait_for_others(benchmark::State& state) {
    const Folder folder;
    const auto file = WakeFile::open(folder.path()).value();
    std::vector<WakeSlot> slots;
    for (int i = 0; i < state.range(0); ++i) slots.push_back(file->take_slot().value());
    Watcher watcher(folder.path());
    for (auto _ : state) watcher.tell(keys);
}
BENCHMARK(tell_while_workers_wait_for_others)->Arg(4)->Arg(64);

void tell_one_who_is_marked_already(benchmark::State& state) {
    const Folder folder;
    WakeSlot slot = WakeFile::open(folder.path()).value()->take_slot().value();
    slot.watch(keys[0].bit());
    Watcher watcher(folder.path());
    for (auto _ : state) watcher.tell(keys);
}
BENCHMARK(tell_one_who_is_marked_already);

void tell_and_take(benchmark::State& state) {
    const Folder folder;
    WakeSlot slot = WakeFile::open(folder.path()).value()->take_slot().value();
    slot.watch(keys[0].bit());
    Watcher watcher(folder.path());
    for (auto _ : state) {
        watcher.tell(keys);
        if (slot.take().size() != 1) std::abort();
    }
}
BENCHMARK(tell_and_take);

double now_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Seen {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> looks{0};
    std::atomic<double> at_us{0};
};

AccountName name_of(std::size_t i) { return AccountName::parse("user" + std::to_string(i) + "@example.org").value(); }

[[noreturn]] void wait_for_mail(const Settings& settings, Seen& seen) {
    Store store(settings);
    std::vector<View> views;
    std::map<WatchId, std::size_t> places;
    for (std::size_t i = 0; i < idle_sessions; ++i) {
        const auto inbox = store.open(name_of(i)).value()->open(MailboxName()).value();
        places.emplace(store.watcher().add(*inbox), i);
        views.push_back(View::open(inbox, Access::read_write).value());
    }
    for (seen.count = 1;;) {
        pollfd ready{store.watcher().fd(), POLLIN, 0};
        ::poll(&ready, 1, -1);
        for (const WatchId id : store.watcher().drain()) {
            ++seen.looks;
            if (views[places.at(id)].refresh(Expunges::reveal).value().added.empty()) continue;
            seen.at_us = now_us();
            ++seen.count;
        }
    }
}

void delivery_to_exists(benchmark::State& state) {
    const Folder folder;
    Settings settings;
    settings.mail_root = folder.path() + "/mail";
    settings.default_folders = {};
    settings.host_name = "bench";
    void* page = ::mmap(nullptr, sizeof(Seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) std::abort();
    Seen& seen = *new (page) Seen;
    const pid_t child = ::fork();
    if (child == 0) wait_for_mail(settings, seen);
    while (seen.count == 0) ::usleep(1000);
    Store store(settings);
    std::vector<double> waits;
    std::size_t next = 0;
    for (auto _ : state) {
        const std::uint64_t before = seen.count;
        DeliveryOrder order{{}, {}, {{name_of(next++ * 7 % idle_sessions), MailboxName(), ""}}};
        Result<Delivery> delivery = Delivery::begin(store, std::move(order));
        if (!delivery || !delivery->write("Subject: benchmark\r\n\r\n") || !delivery->commit().at(0)) std::abort();
        const double answered = now_us();
        while (seen.count == before) ::usleep(20);
        waits.push_back(std::max(seen.at_us - answered, 0.0));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::ranges::sort(waits);
    const auto part = [&](double of) {
        return waits[static_cast<std::size_t>(static_cast<double>(waits.size() - 1) * of)];
    };
    state.counters["p50_us"] = part(0.5);
    state.counters["p99_us"] = part(0.99);
    state.counters["max_us"] = waits.back();
    state.counters["looks_each"] = static_cast<double>(seen.looks) / static_cast<double>(waits.size());
    ::munmap(page, sizeof(Seen));
}
BENCHMARK(delivery_to_exists)->Iterations(2'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace posthouse::storage
