// dovecot-uidlist.lock: Dovecot's lock file, which alone permits giving out UIDs and keyword letters.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// The files "pid:host" that this process links into place as lock files, one per file system: cheaper than making a
/// file each time. Thread-safe.
class PreparedLocks {
  public:
    explicit PreparedLocks(std::string host) : host_(std::move(host)) {}
    ~PreparedLocks();
    PreparedLocks(const PreparedLocks&) = delete;
    PreparedLocks& operator=(const PreparedLocks&) = delete;

    const std::string& host() const { return host_; }
    /// Links a lock file with a fresh time into the folder; gives its inode. exists: somebody holds the lock.
    Result<ino_t> link_into(const Folder& folder, const char* name);

  private:
    struct Prepared {
        UniqueFd folder;
        UniqueFd file;
        std::string name;
        pid_t pid = 0;
        ino_t inode = 0;
    };
    Result<> prepare(Prepared& prepared, const Folder& folder) const;

    std::string host_;
    std::mutex mutex_;
    std::map<dev_t, Prepared> by_device_;
};

/// Whether a lock file may be taken away: its process is gone for certain, or it is too old to be held. Its time and
/// `now` are seconds since 1970; `booted` is when this machine was started; `host` is this one's.
bool is_stale_lock(std::int64_t lock_time, std::string_view content, std::string_view host, std::int64_t now,
                   std::int64_t booted);

/// Holds a mailbox's dovecot-uidlist.lock for as long as it lives. Taken after the flock on cur/, before nothing else.
class UidListLock {
  public:
    /// Waits at most `wait` (then busy). A lock whose process on this host is gone, that was taken before the machine
    /// was started, or that is older than two minutes is stale and removed.
    static Result<UidListLock> take(const Folder& folder, PreparedLocks& prepared, std::chrono::milliseconds wait);
    UidListLock(UidListLock&& other) noexcept : folder_(std::exchange(other.folder_, -1)), inode_(other.inode_) {}
    UidListLock& operator=(UidListLock&&) = delete;
    UidListLock(const UidListLock&) = delete;
    UidListLock& operator=(const UidListLock&) = delete;
    ~UidListLock();

  private:
    UidListLock(int folder, ino_t inode) : folder_(folder), inode_(inode) {}
    int folder_;
    ino_t inode_;
};

}  // namespace posthouse::storage
