// A hook on every system call with which the engine touches files: to refuse the n-th, to record them all, to be killed
// at one. The program that links this has its own definitions of libc's functions; without a tap they only pass on.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthouse::storage::crash {

/// What a call does, as far as it matters to what may go wrong in it.
enum class CallKind {
    open,         ///< open, openat without O_CREAT, fdopendir
    create,       ///< open, openat with O_CREAT or O_TMPFILE
    make_folder,  ///< mkdir, mkdirat
    link,
    rename,
    unlink,      ///< also rmdir
    write,       ///< write, pwrite
    truncate,    ///< ftruncate
    reserve,     ///< fallocate
    set_times,   ///< futimens
    set_mode,    ///< fchmod
    sync,        ///< fsync
    sync_data,   ///< fdatasync
    read,        ///< read, pread, readdir
    stat,        ///< stat, fstat, fstatat
    descriptor,  ///< fcntl that duplicates, inotify_init1, eventfd, epoll_create1
    lock,        ///< flock
    map,         ///< mmap of a file
};

/// A call that is about to be made, or was.
struct Call {
    CallKind kind;
    const char* name;
    int folder = -1;  ///< a path is relative to it; AT_FDCWD
    const char* path = nullptr;
    bool is_unnamed = false;    ///< create: O_TMPFILE, the path is its folder
    bool follows_link = false;  ///< link: what the path leads to
    int to_folder = -1;         ///< link, rename
    const char* to_path = nullptr;
    int fd = -1;               ///< calls on descriptors
    std::string_view bytes{};  ///< write
    std::int64_t offset = -1;  ///< pwrite, and the new size for truncate
    const timespec* times = nullptr;
};

/// Sees the calls of this process, one thread's at a time.
class Tap {
  public:
    virtual ~Tap() = default;
    /// Before the call. 0: it is made; else it fails with this errno without being made. A tap that returns `cut_short`
    /// for a write has half of it written.
    virtual int before(const Call& call) = 0;
    /// After a call that was made; `result` is its own. errno is kept.
    virtual void after(const Call&, long result) { static_cast<void>(result); }

    static constexpr int cut_short = -1;
};

/// Calls go through `tap` while this lives. Only one at a time. What the tap itself calls passes by.
class Tapped {
  public:
    explicit Tapped(Tap& tap);
    Tapped(const Tapped&) = delete;
    Tapped& operator=(const Tapped&) = delete;
    ~Tapped();
};

/// From now on time(2) tells so many seconds more than it is: what is judged by its age is older.
void shift_clock(std::int64_t seconds);

}  // namespace posthouse::storage::crash
