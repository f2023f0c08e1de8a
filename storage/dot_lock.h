// Dovecot's lock files: dovecot-uidlist.lock, which alone permits giving out UIDs and keyword letters, and
// dovecot-acl.lock.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// The files "pid:host" that this process links into place as lock files, one per file system: cheaper than making a
/// file each time. Thread-safe.
class PreparedLocks {
  public:
    /// The names of this machine in lock files, at least one; the first is what ours say.
    explicit PreparedLocks(std::vector<std::string> hosts) : hosts_(std::move(hosts)) {}
    ~PreparedLocks();
    PreparedLocks(const PreparedLocks&) = delete;
    PreparedLocks& operator=(const PreparedLocks&) = delete;

    const std::string& host() const { return hosts_.front(); }
    const std::vector<std::string>& hosts() const { return hosts_; }
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

    std::vector<std::string> hosts_;
    std::mutex mutex_;
    std::map<dev_t, Prepared> by_device_;
};

/// Whether a lock file may be taken away: its process is gone for certain, or it is too old to be held. Its time and
/// `now` are seconds since 1970; `booted` is when this machine was started; `hosts` are this one's names.
bool is_stale_lock(std::int64_t lock_time, std::string_view content, const std::vector<std::string>& hosts,
                   std::int64_t now, std::int64_t booted);

/// A lock file as it lies in a mailbox's folder.
struct LockFile {
    ino_t inode = 0;
    std::string holder;  ///< what it says: "pid:host"
    std::int64_t age_seconds = 0;
    bool is_stale = false;
};
/// Nothing: there is none, or it can't be read.
std::optional<LockFile> look_at_lock_file(int folder, const char* lock_name, const std::vector<std::string>& hosts);
/// Removes the lock file if it is stale, and only that one.
void remove_stale_lock(int folder, const char* lock_name, const std::vector<std::string>& hosts);

constexpr const char* uidlist_lock = "dovecot-uidlist.lock";
constexpr const char* access_lock = "dovecot-acl.lock";

/// Holds a lock file in a mailbox's folder for as long as it lives. Taken with the flock held that keeps out other
/// processes of ours: on cur/ for the first of these two files, on the account's folder for the second.
class DotLock {
  public:
    /// Waits at most `wait` (then busy). A lock whose process on this host is gone, that was taken before the machine
    /// was started, or that is older than two minutes is stale and removed.
    static Result<DotLock> take(const Folder& folder, const char* name, PreparedLocks& prepared,
                                std::chrono::milliseconds wait);
    DotLock(DotLock&& other) noexcept
        : folder_(std::exchange(other.folder_, -1)), name_(other.name_), inode_(other.inode_) {}
    DotLock& operator=(DotLock&&) = delete;
    DotLock(const DotLock&) = delete;
    DotLock& operator=(const DotLock&) = delete;
    ~DotLock();

  private:
    DotLock(int folder, const char* name, ino_t inode) : folder_(folder), name_(name), inode_(inode) {}
    int folder_;
    const char* name_;
    ino_t inode_;
};

}  // namespace posthouse::storage
