// Dovecot's lock files: taken by link() of a prepared file, stale ones removed.
#include "storage/dot_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"

namespace posthouse::storage {
namespace {

/// Dovecot's own: nobody holds such a lock so long.
constexpr std::int64_t stale_after_seconds = 120;

/// When this machine was started.
std::int64_t boot_time() {
    timespec up{};
    return ::clock_gettime(CLOCK_BOOTTIME, &up) == 0 ? std::time(nullptr) - up.tv_sec : 0;
}

}  // namespace

bool is_stale_lock(std::int64_t lock_time, std::string_view content, const std::vector<std::string>& hosts,
                   std::int64_t now, std::int64_t booted) {
    if (now - lock_time > stale_after_seconds) return true;
    const auto colon = content.find(':');
    if (colon == std::string_view::npos) return false;
    if (std::ranges::find(hosts, ascii::trim(content.substr(colon + 1))) == hosts.end()) return false;
    // Whoever took it before this machine was started is gone, though another may have its pid now.
    constexpr std::int64_t clocks_differ = 2;
    if (lock_time + clocks_differ < booted) return true;
    const auto pid = ascii::parse_number(content.substr(0, colon));
    if (!pid || *pid == 0 || *pid > 0x7fffffff) return false;
    // Ours: left by an earlier process with this pid, for the holder of the flock is asking.
    if (static_cast<pid_t>(*pid) == ::getpid()) return true;
    return ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
}

std::optional<LockFile> look_at_lock_file(int folder, const char* lock_name, const std::vector<std::string>& hosts) {
    const Result<UniqueFd> fd = open_in(folder, lock_name, O_RDONLY);
    if (!fd) return std::nullopt;
    struct stat st{};
    if (::fstat(fd->get(), &st) != 0) return std::nullopt;
    constexpr std::size_t max_content = 1024;
    const Result<std::string> content = read_all(fd->get(), max_content);
    if (!content) return std::nullopt;
    const std::int64_t now = std::time(nullptr);
    const std::int64_t taken = std::max(st.st_mtim.tv_sec, st.st_ctim.tv_sec);
    return LockFile{.inode = st.st_ino,
                    .holder = std::string(ascii::trim(*content)),
                    .age_seconds = now - taken,
                    .is_stale = is_stale_lock(taken, *content, hosts, now, boot_time())};
}

void remove_stale_lock(int folder, const char* lock_name, const std::vector<std::string>& hosts) {
    const std::optional<LockFile> lock = look_at_lock_file(folder, lock_name, hosts);
    if (!lock || !lock->is_stale) return;
    // By renaming it aside: if another took it away first and locked anew, that lock is put back.
    const std::string aside = std::string(lock_name) + "." + random_hex(8);
    if (::renameat(folder, lock_name, folder, aside.c_str()) != 0) return;
    struct stat moved{};
    const bool another =
        ::fstatat(folder, aside.c_str(), &moved, AT_SYMLINK_NOFOLLOW) == 0 && moved.st_ino != lock->inode;
    if (!another)
        log::warning(std::string(lock_name) + ": stale lock removed",
                     {{"folder", path_of(folder)}, {"holder", lock->holder}});
    else if (::linkat(folder, aside.c_str(), folder, lock_name, 0) != 0)
        log::warning(std::string(lock_name) + ": a lock taken at the same moment was lost",
                     {{"folder", path_of(folder)}});
    ::unlinkat(folder, aside.c_str(), 0);
}

PreparedLocks::~PreparedLocks() {
    for (const auto& [device, prepared] : by_device_)
        if (prepared.pid == ::getpid()) ::unlinkat(prepared.folder.get(), prepared.name.c_str(), 0);
}

Result<> PreparedLocks::prepare(Prepared& prepared, const Folder& folder) const {
    prepared = Prepared();
    UniqueFd tmp(::fcntl(folder.tmp(), F_DUPFD_CLOEXEC, 0));
    if (!tmp) return fail_errno("dup tmp/", errno);
    std::string name = "lock." + host() + "." + random_hex(8);
    Result<UniqueFd> file = open_in(tmp.get(), name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file) return fail(file.error());
    const Result<> written = write_all(file->get(), std::to_string(::getpid()) + ":" + host());
    struct stat st{};
    if (!written || ::fstat(file->get(), &st) != 0) {
        ::unlinkat(tmp.get(), name.c_str(), 0);
        return written ? fail_errno("stat lock file", errno) : written;
    }
    prepared = Prepared{std::move(tmp), std::move(*file), std::move(name), ::getpid(), st.st_ino};
    return {};
}

Result<ino_t> PreparedLocks::link_into(const Folder& folder, const char* name) {
    const std::scoped_lock guard(mutex_);
    Prepared& prepared = by_device_[folder.device()];
    for (bool again = true;; again = false) {
        if (prepared.pid != ::getpid()) {
            const Result<> made = prepare(prepared, folder);
            if (!made) return fail(made.error());
        }
        ::futimens(prepared.file.get(), nullptr);
        if (::linkat(prepared.folder.get(), prepared.name.c_str(), folder.root(), name, 0) == 0) return prepared.inode;
        if (errno == EEXIST) return fail(ErrorCode::exists, "Mailbox is locked");
        if (!again || (errno != ENOENT && errno != EXDEV && errno != EMLINK))
            return fail_errno("link lock file", errno);
        prepared.pid = 0;  // cleaned away, or its folder was deleted
    }
}

Result<DotLock> DotLock::take(const Folder& folder, const char* name, PreparedLocks& prepared,
                              std::chrono::milliseconds wait) {
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + wait;
    std::chrono::microseconds pause{500};
    for (;;) {
        const Result<ino_t> taken = prepared.link_into(folder, name);
        if (taken) return DotLock(folder.root(), name, *taken);
        if (taken.error().code != ErrorCode::exists) return fail(taken.error());
        if (steady_clock::now() >= deadline)
            return fail(ErrorCode::busy, "Mailbox is in use", std::string(name) + ": timed out");
        remove_stale_lock(folder.root(), name, prepared.hosts());
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::microseconds{50'000});
    }
}

DotLock::~DotLock() {
    if (folder_ < 0) return;
    struct stat st{};
    if (::fstatat(folder_, name_, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == inode_) ::unlinkat(folder_, name_, 0);
}

}  // namespace posthouse::storage
