// inotify, with its records taken apart.
#include "storage/wake/folder_events.h"

#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace posthouse::storage {
namespace {

/// Changes made on another machine are never told.
bool is_remote(int fd) {
    struct statfs fs{};
    if (::fstatfs(fd, &fs) != 0) return true;
    constexpr std::array<std::uint32_t, 6> remote{0x6969, 0xff534d42, 0xfe534d42, 0x65735546, 0x00c36400, 0x01161970};
    return std::ranges::find(remote, static_cast<std::uint32_t>(fs.f_type)) != remote.end();
}

}  // namespace

FolderEvents::FolderEvents() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

int FolderEvents::add(int folder, std::uint32_t events) {
    if (!inotify_ || is_remote(folder)) return -1;
    const std::string path = "/proc/self/fd/" + std::to_string(folder);
    return ::inotify_add_watch(inotify_.get(), path.c_str(), events | IN_ONLYDIR | IN_MASK_ADD);
}

void FolderEvents::remove(int descriptor) { ::inotify_rm_watch(inotify_.get(), descriptor); }

void FolderEvents::read(const std::function<void(int, std::uint32_t, std::string_view)>& call) {
    if (!inotify_) return;
    alignas(inotify_event) std::array<char, 16384> events{};
    for (;;) {
        // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): IN_NONBLOCK, it never waits.
        const ssize_t n = ::read(inotify_.get(), events.data(), events.size());
        if (n <= 0) return;
        for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
            inotify_event event{};
            std::memcpy(&event, events.data() + at, sizeof event);
            const char* name = events.data() + at + sizeof event;
            call(event.wd, event.mask, {name, ::strnlen(name, event.len)});
            at += sizeof event + event.len;
        }
    }
}

}  // namespace posthouse::storage
