// Trimming by malloc_trim(3), which gives back the free pages between what is in use; free(3) itself gives back only
// those behind it.
#include "lib/daemon/trimming.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/net/pool.h"

namespace posthouse::daemon {
namespace {

/// Memory of the process's own, without what it has mapped of files. 0: not known.
std::size_t resident_bytes() {
    const Result<UniqueFd> file = open_file("/proc/self/statm", O_RDONLY);
    if (!file) return 0;
    std::array<char, 128> text{};
    const ssize_t count = ::read(file->get(), text.data(), text.size());
    const char* at = text.data();
    const char* const end = at + std::max<ssize_t>(count, 0);
    std::array<std::size_t, 3> pages{};  // proc(5): size, resident, shared
    for (std::size_t& number : pages) {
        const auto [rest, error] = std::from_chars(at, end, number);
        if (error != std::errc() || rest == end) return 0;
        at = rest + 1;
    }
    return (pages[1] - std::min(pages[1], pages[2])) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

bool TrimSchedule::look(std::size_t resident) {
    least_ = std::min(least_, resident);
    ++looks_;
    if (resident < least_ + worthwhile) return false;
    if (resident >= left_ + worthwhile) pause_ = 1;
    return looks_ >= pause_;
}

void TrimSchedule::trimmed(std::size_t before, std::size_t after) {
    pause_ = after + worthwhile <= before ? 1 : std::min(pause_ * 2, longest_pause);
    left_ = after;
    looks_ = 0;
}

net::Async<> trim_memory(net::Loop* loop, net::Event* stopping) {
    TrimSchedule schedule;
    while (!stopping->cancelled()) {
        const std::size_t before = resident_bytes();
        if (schedule.look(before)) {
            net::Pool thread(*loop, 1);
            co_await thread.run([] { return ::malloc_trim(0); });
            const std::size_t after = resident_bytes();
            schedule.trimmed(before, after);
            log::debug("memory given back", {{"before", before}, {"after", after}});
        }
        Result<> waited = co_await stopping->wait(net::Deadline::in(trim_interval));
        if (!waited && waited.error().code == ErrorCode::cancelled) co_return;
    }
}

}  // namespace posthouse::daemon
