// Whole small files: read with a bound, written so that they survive power loss.
#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "lib/base/random.h"

namespace posthouse {
namespace {

std::string parent_of(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
    for (;;) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0) return UniqueFd(fd);
        if (errno != EINTR) return fail_errno("open " + path, errno);
    }
}

Result<std::string> read_all(int fd, std::size_t max_bytes) {
    std::string out;
    std::array<char, 16384> chunk;
    for (;;) {
        const ssize_t n = ::read(fd, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read", errno);
        if (n == 0) return out;
        if (out.size() + static_cast<std::size_t>(n) > max_bytes)
            return fail(ErrorCode::limit, "File too large", "more than " + std::to_string(max_bytes) + " bytes");
        out.append(chunk.data(), static_cast<std::size_t>(n));
    }
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    Result<UniqueFd> fd = open_file(path, O_RDONLY);
    if (!fd) return fail(fd.error());
    Result<std::string> bytes = read_all(fd->get(), max_bytes);
    if (!bytes) return fail(bytes.error().code, bytes.error().text, path + ": " + bytes.error().detail);
    return bytes;
}

Result<> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write", errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<> write_file_durably(const std::string& path, std::string_view bytes, mode_t mode) {
    const std::string temporary = path + ".tmp." + random_hex(8);
    Result<UniqueFd> fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!fd) return fail(fd.error());
    Result<> written = write_all(fd->get(), bytes);
    if (written && ::fsync(fd->get()) != 0) written = fail_errno("fsync " + temporary, errno);
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno("rename to " + path, errno);
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    return sync_folder(parent_of(path));
}

Result<> sync_folder(const std::string& path) {
    Result<UniqueFd> fd = open_file(path, O_RDONLY | O_DIRECTORY);
    if (!fd) return fail(fd.error());
    if (::fsync(fd->get()) != 0) return fail_errno("fsync " + path, errno);
    return {};
}

Result<> make_folders(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) return sync_folder(parent_of(path));
    if (errno == ENOENT) {
        const std::string parent = parent_of(path);
        if (parent == path) return fail_errno("mkdir " + path, ENOENT);
        Result<> made = make_folders(parent, mode);
        if (!made) return made;
        if (::mkdir(path.c_str(), mode) == 0) return sync_folder(parent);
    }
    if (errno != EEXIST) return fail_errno("mkdir " + path, errno);
    struct stat st{};
    if (::stat(path.c_str(), &st) != 0) return fail_errno("stat " + path, errno);
    if (!S_ISDIR(st.st_mode)) return fail_errno("mkdir " + path, ENOTDIR);
    return {};
}

}  // namespace posthouse
