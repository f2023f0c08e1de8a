// A mailbox's folder: opened once, then everything by descriptors.
#include "storage/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <thread>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/trees.h"

namespace posthouse::storage {
namespace {

constexpr std::array<const char*, 3> part_names = {"cur", "new", "tmp"};

/// The names of those entries that are `wanted`, without those that begin with a dot.
template <typename Wanted>
Result<std::vector<std::string>> names_that(int folder, Wanted wanted) {
    // A descriptor of its own: the position of a duplicate would be shared between threads.
    Result<UniqueFd> fd = open_in(folder, ".", O_RDONLY | O_DIRECTORY);
    if (!fd) return fail(fd.error());
    DIR* stream = ::fdopendir(fd->get());
    if (stream == nullptr) return fail_errno("fdopendir", errno);
    fd->release();
    std::vector<std::string> names;
    for (errno = 0; const dirent* entry = ::readdir(stream); errno = 0)
        if (entry->d_name[0] != '.' && wanted(*entry)) names.emplace_back(entry->d_name);
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return fail_errno("readdir", error);
    return names;
}

Result<UniqueFd> open_or_make(int parent, const char* name) {
    Result<UniqueFd> folder = open_in(parent, name, O_RDONLY | O_DIRECTORY);
    if (folder || folder.error().code != ErrorCode::not_found) return folder;
    if (Result<> made = make_folder_in(parent, name); !made) return fail(made.error());
    return open_in(parent, name, O_RDONLY | O_DIRECTORY);
}

}  // namespace

bool is_leftover(std::string_view name) {
    constexpr std::size_t digits = 16;
    if (name.size() <= digits || name[name.size() - digits - 1] != '.') return false;
    if (name.find_last_not_of("0123456789abcdef") != name.size() - digits - 1) return false;
    name.remove_suffix(digits + 1);
    return name.ends_with(".tmp") || name == "dovecot-uidlist.lock" || name == "dovecot-acl.lock";
}

bool is_half_mailbox(std::string_view name) { return name.starts_with("create.") || name.starts_with("deleted."); }

Stamp stamp_of(const struct stat& st) {
    return Stamp{st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
}

Result<Folder> Folder::open(const std::string& account, const std::string& place, MissingParts missing) {
    const Result<UniqueFd> root = open_file(account, O_RDONLY | O_DIRECTORY);
    return root ? open(root->get(), place, missing) : fail(root.error());
}

Result<Folder> Folder::open(int account, const std::string& place, MissingParts missing) {
    Folder folder;
    Result<UniqueFd> root = open_in(account, place.empty() ? "." : place, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    folder.root_ = std::move(*root);
    struct stat st{};
    const std::array<UniqueFd*, 3> parts = {&folder.cur_, &folder.fresh_, &folder.tmp_};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool is_needed = missing == MissingParts::need_cur && parts[i] == &folder.cur_;
        Result<UniqueFd> fd = is_needed ? open_in(folder.root_.get(), part_names[i], O_RDONLY | O_DIRECTORY)
                                        : open_or_make(folder.root_.get(), part_names[i]);
        if (!fd) return fail(fd.error());
        if (::fstat(fd->get(), &st) != 0) return fail_errno(std::string("stat ") + part_names[i], errno);
        *parts[i] = std::move(*fd);
        folder.part_inodes_[i] = st.st_ino;
    }
    if (::fstat(folder.root_.get(), &st) != 0) return fail_errno("stat mailbox's folder", errno);
    folder.device_ = st.st_dev;
    folder.inode_ = st.st_ino;
    return folder;
}

bool Folder::deleted() const {
    // By their names, not by what is open: a folder that was put back from elsewhere is what counts from then on, and a
    // mailbox's folder can outlive it where others lie in it.
    struct stat st{};
    for (std::size_t i = 0; i < part_names.size(); ++i) {
        if (::fstatat(root_.get(), part_names[i], &st, AT_SYMLINK_NOFOLLOW) == 0) {
            if (st.st_ino != part_inodes_[i]) return true;
        } else if (errno == ENOENT || errno == ENOTDIR) {
            return true;
        }
        // Not known is not deleted: whoever goes on meets the error itself.
    }
    return false;
}

void Folder::clean_tmp() const {
    const std::int64_t limit = std::time(nullptr) - tmp_lifetime_seconds;
    struct stat st{};
    const auto is_old = [&](int folder, const std::string& name) {
        return ::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtim.tv_sec < limit &&
               st.st_ctim.tv_sec < limit;
    };
    if (const Result<std::vector<std::string>> names = names_in(root_.get()))
        for (const std::string& name : *names)
            if (is_leftover(name) && is_old(root_.get(), name) && S_ISREG(st.st_mode))
                ::unlinkat(root_.get(), name.c_str(), 0);
    const Result<std::vector<std::string>> names = names_in(tmp_.get());
    if (!names) return;
    for (const std::string& name : *names) {
        if (!is_old(tmp_.get(), name)) continue;
        // Folders: mailboxes half made or half deleted when a process died.
        if (S_ISREG(st.st_mode))
            ::unlinkat(tmp_.get(), name.c_str(), 0);
        else if (S_ISDIR(st.st_mode) && is_half_mailbox(name))
            if (Result<> removed = remove_tree_in(tmp_.get(), name); !removed)
                log::warning("leftover in tmp/ can't be removed",
                             {{"folder", path_of(root_.get())}, {"error", removed.error().message()}});
    }
}

Result<std::vector<std::string>> names_in(int folder) {
    return names_that(folder, [](const dirent&) { return true; });
}

Result<std::vector<std::string>> message_names_in(int folder) {
    return names_that(folder, [folder](const dirent& entry) {
        if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
        struct stat st{};
        return ::fstatat(folder, entry.d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
    });
}

Result<MessageFile> open_message_file(int folder, const std::string& name) {
    Result<UniqueFd> file = open_in(folder, name, O_RDONLY);
    if (!file) return fail(file.error());
    struct stat st{};
    if (::fstat(file->get(), &st) != 0) return fail_errno("stat message", errno);
    if (!S_ISREG(st.st_mode)) return fail(ErrorCode::io, "Message can't be read", name + " is not a regular file");
    return MessageFile{std::move(*file), st.st_size, st.st_mtim.tv_sec};
}

Result<Stamp> stamp_of(int fd) {
    struct stat st{};
    if (::fstat(fd, &st) != 0) return fail_errno("fstat", errno);
    return stamp_of(st);
}

Result<Stamp> stamp_in(int folder, std::string_view path) {
    const Result<struct stat> st = stat_in(folder, path);
    if (st) return S_ISLNK(st->st_mode) ? Stamp{} : stamp_of(*st);
    return st.error().code == ErrorCode::not_found ? Result<Stamp>(Stamp{}) : fail(st.error());
}

std::string path_of(int folder) {
    std::array<char, 4096> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(folder);
    const ssize_t n = ::readlink(link.c_str(), path.data(), path.size());
    return n > 0 ? std::string(path.data(), static_cast<std::size_t>(n)) : std::string("?");
}

Result<> replace_file(int folder, const std::string& name, std::string_view bytes) {
    const std::string temporary = name + ".tmp." + random_hex(8);
    Result<UniqueFd> fd = open_in(folder, temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd) return fail(fd.error());
    Result<> written = write_all(fd->get(), bytes);
    if (written) written = sync_fd(fd->get(), temporary);
    if (written && ::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0)
        written = fail_errno("rename to " + name, errno);
    if (!written) {
        ::unlinkat(folder, temporary.c_str(), 0);
        return written;
    }
    return sync_fd(folder, "folder of " + name);
}

Result<> sync_fd(int fd, std::string_view what) {
    if (::fsync(fd) != 0) return fail_errno("fsync " + std::string(what), errno);
    return {};
}

Result<FileLock> FileLock::take(int fd, std::chrono::milliseconds wait) {
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + wait;
    std::chrono::microseconds pause{200};
    for (;;) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return FileLock(fd);
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return fail_errno("flock", errno);
        if (steady_clock::now() >= deadline) return fail(ErrorCode::busy, "Mailbox is in use", "flock: timed out");
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::microseconds{20'000});
    }
}

FileLock::~FileLock() {
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

}  // namespace posthouse::storage
