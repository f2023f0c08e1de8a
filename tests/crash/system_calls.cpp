// libc's functions under their own names, each asking the tap first.
#include "tests/crash/system_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <ctime>
#include <mutex>

namespace posthouse::storage::crash {
namespace {

std::atomic<Tap*> current{nullptr};
std::atomic<std::int64_t> clock_shift{0};
std::mutex one_at_a_time;
thread_local bool inside = false;

/// Keeps what the tap itself calls, and what libc's own functions call of each other, from being tapped.
class Inside {
  public:
    Inside() { inside = true; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { inside = false; }
};

template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Asks, calls, tells. `make` gets whether a write is to be cut short.
template <typename Value, typename Make>
Value tapped(const Call& call, Value failed, Make make) {
    if (current.load(std::memory_order_acquire) == nullptr || inside) return make(false);
    std::unique_lock guard(one_at_a_time);
    // It may have gone while this thread waited.
    Tap* tap = current.load(std::memory_order_acquire);
    if (tap == nullptr) {
        guard.unlock();
        return make(false);
    }
    const Inside mark;
    const int refused = tap->before(call);
    if (refused > 0) {
        errno = refused;
        return failed;
    }
    const Value result = make(refused == Tap::cut_short);
    const int error = errno;
    if constexpr (std::is_pointer_v<Value>)
        tap->after(call, result == nullptr ? -1 : 0);
    else
        tap->after(call, static_cast<long>(result));
    errno = error;
    return result;
}

std::size_t cut(std::size_t size, bool is_short) { return is_short ? (size + 1) / 2 : size; }

}  // namespace

Tapped::Tapped(Tap& tap) { current.store(&tap, std::memory_order_release); }
Tapped::~Tapped() {
    // Whoever asks it just now is waited for.
    const std::scoped_lock guard(one_at_a_time);
    current.store(nullptr, std::memory_order_release);
}

void shift_clock(std::int64_t seconds) { clock_shift = seconds; }

}  // namespace posthouse::storage::crash

using posthouse::storage::crash::Call;
using posthouse::storage::crash::CallKind;
using posthouse::storage::crash::clock_shift;
using posthouse::storage::crash::cut;
using posthouse::storage::crash::next;
using posthouse::storage::crash::tapped;

// Declared under names of their own, so that nothing depends on how the headers declare libc's (inline, with checks).
#define POSTHOUSE_CALL(type, name) extern "C" __attribute__((visibility("default"), used)) type name

namespace {

bool is_unnamed(int flags) { return (flags & O_TMPFILE) == O_TMPFILE; }
bool creates(int flags) { return (flags & O_CREAT) != 0 || is_unnamed(flags); }

mode_t mode_of(int flags, va_list list) {
    return creates(flags) ? static_cast<mode_t>(va_arg(list, unsigned)) : mode_t{0};
}

int open_at(int folder, const char* path, int flags, mode_t mode, const char* name) {
    static auto* const real = next<int(int, const char*, int, ...)>("openat");
    const Call call{.kind = creates(flags) ? CallKind::create : CallKind::open,
                    .name = name,
                    .folder = folder,
                    .path = path,
                    .is_unnamed = is_unnamed(flags)};
    return tapped(call, -1, [&](bool) { return real(folder, path, flags, mode); });
}

}  // namespace

POSTHOUSE_CALL(int, tapped_open)(const char*, int, ...) __asm__("open");
int tapped_open(const char* path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const mode_t mode = mode_of(flags, list);
    va_end(list);
    return open_at(AT_FDCWD, path, flags, mode, "open");
}

POSTHOUSE_CALL(int, tapped_openat)(int, const char*, int, ...) __asm__("openat");
int tapped_openat(int folder, const char* path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const mode_t mode = mode_of(flags, list);
    va_end(list);
    return open_at(folder, path, flags, mode, "openat");
}

POSTHOUSE_CALL(int, tapped_mkdir)(const char*, mode_t) __asm__("mkdir");
int tapped_mkdir(const char* path, mode_t mode) {
    static auto* const real = next<int(const char*, mode_t)>("mkdir");
    return tapped({.kind = CallKind::make_folder, .name = "mkdir", .folder = AT_FDCWD, .path = path}, -1,
                  [&](bool) { return real(path, mode); });
}

POSTHOUSE_CALL(int, tapped_mkdirat)(int, const char*, mode_t) __asm__("mkdirat");
int tapped_mkdirat(int folder, const char* path, mode_t mode) {
    static auto* const real = next<int(int, const char*, mode_t)>("mkdirat");
    return tapped({.kind = CallKind::make_folder, .name = "mkdirat", .folder = folder, .path = path}, -1,
                  [&](bool) { return real(folder, path, mode); });
}

POSTHOUSE_CALL(int, tapped_linkat)(int, const char*, int, const char*, int) __asm__("linkat");
int tapped_linkat(int folder, const char* path, int to_folder, const char* to_path, int flags) {
    static auto* const real = next<int(int, const char*, int, const char*, int)>("linkat");
    const Call call{.kind = CallKind::link,
                    .name = "linkat",
                    .folder = folder,
                    .path = path,
                    .follows_link = (flags & AT_SYMLINK_FOLLOW) != 0,
                    .to_folder = to_folder,
                    .to_path = to_path};
    return tapped(call, -1, [&](bool) { return real(folder, path, to_folder, to_path, flags); });
}

POSTHOUSE_CALL(int, tapped_rename)(const char*, const char*) __asm__("rename");
int tapped_rename(const char* path, const char* to_path) {
    static auto* const real = next<int(const char*, const char*)>("rename");
    const Call call{.kind = CallKind::rename,
                    .name = "rename",
                    .folder = AT_FDCWD,
                    .path = path,
                    .to_folder = AT_FDCWD,
                    .to_path = to_path};
    return tapped(call, -1, [&](bool) { return real(path, to_path); });
}

POSTHOUSE_CALL(int, tapped_renameat)(int, const char*, int, const char*) __asm__("renameat");
int tapped_renameat(int folder, const char* path, int to_folder, const char* to_path) {
    static auto* const real = next<int(int, const char*, int, const char*)>("renameat");
    const Call call{.kind = CallKind::rename,
                    .name = "renameat",
                    .folder = folder,
                    .path = path,
                    .to_folder = to_folder,
                    .to_path = to_path};
    return tapped(call, -1, [&](bool) { return real(folder, path, to_folder, to_path); });
}

POSTHOUSE_CALL(int, tapped_renameat2)(int, const char*, int, const char*, unsigned) __asm__("renameat2");
int tapped_renameat2(int folder, const char* path, int to_folder, const char* to_path, unsigned flags) {
    static auto* const real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
    const Call call{.kind = CallKind::rename,
                    .name = "renameat2",
                    .folder = folder,
                    .path = path,
                    .to_folder = to_folder,
                    .to_path = to_path};
    return tapped(call, -1, [&](bool) { return real(folder, path, to_folder, to_path, flags); });
}

POSTHOUSE_CALL(int, tapped_unlink)(const char*) __asm__("unlink");
int tapped_unlink(const char* path) {
    static auto* const real = next<int(const char*)>("unlink");
    return tapped({.kind = CallKind::unlink, .name = "unlink", .folder = AT_FDCWD, .path = path}, -1,
                  [&](bool) { return real(path); });
}

POSTHOUSE_CALL(int, tapped_unlinkat)(int, const char*, int) __asm__("unlinkat");
int tapped_unlinkat(int folder, const char* path, int flags) {
    static auto* const real = next<int(int, const char*, int)>("unlinkat");
    return tapped({.kind = CallKind::unlink, .name = "unlinkat", .folder = folder, .path = path}, -1,
                  [&](bool) { return real(folder, path, flags); });
}

POSTHOUSE_CALL(ssize_t, tapped_write)(int, const void*, std::size_t) __asm__("write");
ssize_t tapped_write(int fd, const void* bytes, std::size_t size) {
    static auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
    const Call call{
        .kind = CallKind::write, .name = "write", .fd = fd, .bytes = {static_cast<const char*>(bytes), size}};
    return tapped(call, ssize_t{-1}, [&](bool is_short) { return real(fd, bytes, cut(size, is_short)); });
}

POSTHOUSE_CALL(ssize_t, tapped_pwrite)(int, const void*, std::size_t, off_t) __asm__("pwrite");
ssize_t tapped_pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
    static auto* const real = next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
    const Call call{.kind = CallKind::write,
                    .name = "pwrite",
                    .fd = fd,
                    .bytes = {static_cast<const char*>(bytes), size},
                    .offset = offset};
    return tapped(call, ssize_t{-1}, [&](bool is_short) { return real(fd, bytes, cut(size, is_short), offset); });
}

POSTHOUSE_CALL(int, tapped_ftruncate)(int, off_t) __asm__("ftruncate");
int tapped_ftruncate(int fd, off_t size) {
    static auto* const real = next<int(int, off_t)>("ftruncate");
    return tapped({.kind = CallKind::truncate, .name = "ftruncate", .fd = fd, .offset = size}, -1,
                  [&](bool) { return real(fd, size); });
}

POSTHOUSE_CALL(int, tapped_fallocate)(int, int, off_t, off_t) __asm__("fallocate");
int tapped_fallocate(int fd, int mode, off_t offset, off_t size) {
    static auto* const real = next<int(int, int, off_t, off_t)>("fallocate");
    return tapped({.kind = CallKind::reserve, .name = "fallocate", .fd = fd}, -1,
                  [&](bool) { return real(fd, mode, offset, size); });
}

POSTHOUSE_CALL(int, tapped_fchmod)(int, mode_t) __asm__("fchmod");
int tapped_fchmod(int fd, mode_t mode) {
    static auto* const real = next<int(int, mode_t)>("fchmod");
    return tapped({.kind = CallKind::set_mode, .name = "fchmod", .fd = fd}, -1, [&](bool) { return real(fd, mode); });
}

POSTHOUSE_CALL(int, tapped_futimens)(int, const timespec*) __asm__("futimens");
int tapped_futimens(int fd, const timespec* times) {
    static auto* const real = next<int(int, const timespec*)>("futimens");
    return tapped({.kind = CallKind::set_times, .name = "futimens", .fd = fd, .times = times}, -1,
                  [&](bool) { return real(fd, times); });
}

POSTHOUSE_CALL(int, tapped_fsync)(int) __asm__("fsync");
int tapped_fsync(int fd) {
    static auto* const real = next<int(int)>("fsync");
    return tapped({.kind = CallKind::sync, .name = "fsync", .fd = fd}, -1, [&](bool) { return real(fd); });
}

POSTHOUSE_CALL(int, tapped_fdatasync)(int) __asm__("fdatasync");
int tapped_fdatasync(int fd) {
    static auto* const real = next<int(int)>("fdatasync");
    return tapped({.kind = CallKind::sync_data, .name = "fdatasync", .fd = fd}, -1, [&](bool) { return real(fd); });
}

POSTHOUSE_CALL(ssize_t, tapped_read)(int, void*, std::size_t) __asm__("read");
ssize_t tapped_read(int fd, void* bytes, std::size_t size) {
    static auto* const real = next<ssize_t(int, void*, std::size_t)>("read");
    return tapped({.kind = CallKind::read, .name = "read", .fd = fd}, ssize_t{-1},
                  [&](bool) { return real(fd, bytes, size); });
}

POSTHOUSE_CALL(ssize_t, tapped_pread)(int, void*, std::size_t, off_t) __asm__("pread");
ssize_t tapped_pread(int fd, void* bytes, std::size_t size, off_t offset) {
    static auto* const real = next<ssize_t(int, void*, std::size_t, off_t)>("pread");
    return tapped({.kind = CallKind::read, .name = "pread", .fd = fd}, ssize_t{-1},
                  [&](bool) { return real(fd, bytes, size, offset); });
}

POSTHOUSE_CALL(int, tapped_stat)(const char*, struct stat*) __asm__("stat");
int tapped_stat(const char* path, struct stat* st) {
    static auto* const real = next<int(const char*, struct stat*)>("stat");
    return tapped({.kind = CallKind::stat, .name = "stat", .folder = AT_FDCWD, .path = path}, -1,
                  [&](bool) { return real(path, st); });
}

POSTHOUSE_CALL(int, tapped_fstat)(int, struct stat*) __asm__("fstat");
int tapped_fstat(int fd, struct stat* st) {
    static auto* const real = next<int(int, struct stat*)>("fstat");
    return tapped({.kind = CallKind::stat, .name = "fstat", .fd = fd}, -1, [&](bool) { return real(fd, st); });
}

POSTHOUSE_CALL(int, tapped_fstatat)(int, const char*, struct stat*, int) __asm__("fstatat");
int tapped_fstatat(int folder, const char* path, struct stat* st, int flags) {
    static auto* const real = next<int(int, const char*, struct stat*, int)>("fstatat");
    return tapped({.kind = CallKind::stat, .name = "fstatat", .folder = folder, .path = path}, -1,
                  [&](bool) { return real(folder, path, st, flags); });
}

POSTHOUSE_CALL(DIR*, tapped_fdopendir)(int) __asm__("fdopendir");
DIR* tapped_fdopendir(int fd) {
    static auto* const real = next<DIR*(int)>("fdopendir");
    return tapped<DIR*>({.kind = CallKind::open, .name = "fdopendir", .fd = fd}, nullptr,
                        [&](bool) { return real(fd); });
}

POSTHOUSE_CALL(dirent*, tapped_readdir)(DIR*) __asm__("readdir");
dirent* tapped_readdir(DIR* stream) {
    static auto* const real = next<dirent*(DIR*)>("readdir");
    return tapped<dirent*>({.kind = CallKind::read, .name = "readdir"}, nullptr, [&](bool) { return real(stream); });
}

POSTHOUSE_CALL(int, tapped_flock)(int, int) __asm__("flock");
int tapped_flock(int fd, int operation) {
    static auto* const real = next<int(int, int)>("flock");
    return tapped({.kind = CallKind::lock, .name = "flock", .fd = fd}, -1, [&](bool) { return real(fd, operation); });
}

POSTHOUSE_CALL(int, tapped_fcntl)(int, int, ...) __asm__("fcntl");
int tapped_fcntl(int fd, int command, ...) {
    static auto* const real = next<int(int, int, ...)>("fcntl");
    va_list list;
    va_start(list, command);
    void* const argument = va_arg(list, void*);
    va_end(list);
    if (command != F_DUPFD && command != F_DUPFD_CLOEXEC) return real(fd, command, argument);
    return tapped({.kind = CallKind::descriptor, .name = "fcntl", .fd = fd}, -1,
                  [&](bool) { return real(fd, command, argument); });
}

POSTHOUSE_CALL(void*, tapped_mmap)(void*, std::size_t, int, int, int, off_t) __asm__("mmap");
void* tapped_mmap(void* address, std::size_t size, int protection, int flags, int fd, off_t offset) {
    static auto* const real = next<void*(void*, std::size_t, int, int, int, off_t)>("mmap");
    if (fd < 0) return real(address, size, protection, flags, fd, offset);
    return tapped<void*>({.kind = CallKind::map, .name = "mmap", .fd = fd},
                         reinterpret_cast<void*>(-1),  // NOLINT(performance-no-int-to-ptr): MAP_FAILED
                         [&](bool) { return real(address, size, protection, flags, fd, offset); });
}

POSTHOUSE_CALL(std::time_t, tapped_time)(std::time_t*) __asm__("time");
std::time_t tapped_time(std::time_t* out) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::time_t shifted = now.tv_sec + clock_shift.load();
    if (out != nullptr) *out = shifted;
    return shifted;
}
