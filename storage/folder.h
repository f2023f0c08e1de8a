// A mailbox's folder on disk, held open: new/, cur/, tmp/ and the small files beside them. Follows renames.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/beneath.h"

namespace posthouse::storage {

/// What tells that a file or folder is another than before.
struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;  ///< its mtime
    bool operator==(const Stamp&) const = default;
};
Stamp stamp_of(const struct stat& st);

/// What opening a Maildir does when parts of it are missing.
enum class MissingParts {
    make,      ///< new/, cur/ and tmp/ are made
    need_cur,  ///< the fs layout: without cur/ the folder is no mailbox; new/ and tmp/ are made
};

/// One Maildir. All access is relative to the open folders, so that a rename by anybody doesn't matter.
class Folder {
  public:
    /// Opens the one at `place` below an account's folder; "" is the account's own. not_found: there is no folder, or
    /// no mailbox in it.
    static Result<Folder> open(int account, const std::string& place, MissingParts missing);
    /// The same for the path of the account's folder, which may itself be a link.
    static Result<Folder> open(const std::string& account, const std::string& place, MissingParts missing);

    int root() const { return root_.get(); }
    int cur() const { return cur_.get(); }
    int fresh() const { return fresh_.get(); }
    int tmp() const { return tmp_.get(); }
    dev_t device() const { return device_; }
    ino_t inode() const { return inode_; }

    /// The mailbox was deleted by somebody, or one of its folders is another than the one that is open here.
    bool deleted() const;
    /// Removes what lies in tmp/ for more than 36 hours, as every Maildir reader does, and what writers that died left
    /// beside the small files.
    void clean_tmp() const;

  private:
    UniqueFd root_;
    UniqueFd cur_;
    UniqueFd fresh_;
    UniqueFd tmp_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    std::array<ino_t, 3> part_inodes_{};  ///< of cur/, new/ and tmp/
};

/// Maildir's own rule: what lies in tmp/ untouched for longer was left by a writer that died.
constexpr std::int64_t tmp_lifetime_seconds = 36 * 3600L;
/// What a process that died left beside the files it was replacing: "dovecot-keywords.tmp.<16 hex digits>", or a stale
/// lock it had put aside.
bool is_leftover(std::string_view name);
/// The name, in tmp/, of a mailbox's folder that is being made or deleted.
bool is_half_mailbox(std::string_view name);

/// The names in an open folder, without those that begin with a dot.
Result<std::vector<std::string>> names_in(int folder);
/// Of these, in new/ or cur/, the names of regular files: what else lies there (a folder, a link, a FIFO) is no
/// message.
Result<std::vector<std::string>> message_names_in(int folder);
/// A message's file, open for reading.
struct MessageFile {
    UniqueFd fd;
    std::int64_t size = 0;      ///< in bytes
    std::int64_t modified = 0;  ///< in seconds
};
/// Opens one. Whatever isn't a regular file is refused (io).
Result<MessageFile> open_message_file(int folder, const std::string& name);
/// The stamp of an open file or folder.
Result<Stamp> stamp_of(int fd);
/// The stamp of a file or folder below a folder; a zero stamp: there is none, or a link.
Result<Stamp> stamp_in(int folder, std::string_view path);
/// Where an open folder lies, for the log: a path that tells domain, user and mailbox.
std::string path_of(int folder);
/// Replaces a small file durably: written beside it, synced, renamed, folder synced.
Result<> replace_file(int folder, const std::string& name, std::string_view bytes);
/// fsync of an open file or folder.
Result<> sync_fd(int fd, std::string_view what);

/// An exclusive flock for as long as it lives; busy when it can't be had in time.
class FileLock {
  public:
    static Result<FileLock> take(int fd, std::chrono::milliseconds wait);
    FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileLock& operator=(FileLock&&) = delete;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

  private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace posthouse::storage
