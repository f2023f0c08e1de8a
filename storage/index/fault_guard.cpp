// The signal handler uses only atomics and system calls: both are safe there.
#include "storage/index/fault_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace posthouse::storage {
namespace {

struct Slot {
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<int> folder{-1};  ///< -1: the map may be lost
};
constexpr std::size_t slots = 4096;
constexpr std::size_t no_slot = slots;
std::array<Slot, slots> guarded;
std::mutex slots_mutex;
constinit thread_local int folder_in_use = -1;
struct sigaction before_bus;
struct sigaction before_segv;

void on_fault(int signal, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (const Slot& slot : guarded) {
        const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
        if (begin == 0 || address < begin || address - begin >= slot.bytes.load(std::memory_order_relaxed)) continue;
        const int folder = slot.folder.load(std::memory_order_relaxed);
        if (folder < 0 && signal == SIGBUS &&
            ::mmap(reinterpret_cast<void*>(begin), slot.bytes.load(std::memory_order_relaxed), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
            return;
        if (folder >= 0) ::unlinkat(folder, "STATE", 0);
    }
    if (folder_in_use >= 0) ::unlinkat(folder_in_use, "STATE", 0);
    const struct sigaction& before = signal == SIGBUS ? before_bus : before_segv;
    if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
        before.sa_sigaction(signal, info, context);
        return;
    }
    // The instruction runs again, and this time the process ends as it would have without us.
    ::sigaction(signal, &before, nullptr);
}

void install() {
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &before_bus);
    ::sigaction(SIGSEGV, &action, &before_segv);
}

}  // namespace

std::size_t guard_spare_map(void* map, std::size_t bytes) { return guard_map(map, bytes, -1); }

std::size_t guard_map(const void* map, std::size_t bytes, int folder) {
    static std::once_flag installed;
    std::call_once(installed, install);
    const std::scoped_lock guard(slots_mutex);
    for (std::size_t i = 0; i < slots; ++i) {
        Slot& slot = guarded.at(i);
        if (slot.begin.load(std::memory_order_relaxed) != 0) continue;
        slot.bytes.store(bytes, std::memory_order_relaxed);
        slot.folder.store(folder, std::memory_order_relaxed);
        slot.begin.store(reinterpret_cast<std::uintptr_t>(map), std::memory_order_release);
        return i;
    }
    return no_slot;
}

void unguard_map(std::size_t slot) {
    if (slot >= slots) return;
    const std::scoped_lock guard(slots_mutex);
    guarded.at(slot).begin.store(0, std::memory_order_release);
}

InIndex::InIndex(int folder) : before_(folder_in_use) { folder_in_use = folder; }
InIndex::~InIndex() { folder_in_use = before_; }

}  // namespace posthouse::storage
