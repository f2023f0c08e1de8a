// Content: a message while it is received.
#include "smtpd/content.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "lib/base/file.h"

namespace posthouse::smtpd {
namespace {

/// A file without a name. Where the file system has no O_TMPFILE, one whose name is removed at once.
Result<UniqueFd> unnamed_file(const std::string& folder) {
    UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    if (errno != EOPNOTSUPP && errno != EISDIR) return fail_errno("create a file in " + folder, errno);
    std::string path = folder + "/receiving.XXXXXX";
    UniqueFd named(::mkostemp(path.data(), O_CLOEXEC));
    if (!named) return fail_errno("create " + path, errno);
    ::unlink(path.c_str());
    return named;
}

Result<std::string> read_piece(int fd, std::uint64_t offset, std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t got = 0;
    while (got < count) {
        const ssize_t n = ::pread(fd, bytes.data() + got, count - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read a received message", errno);
        if (n == 0) return fail(ErrorCode::io, "The message got shorter", "read a received message");
        got += static_cast<std::size_t>(n);
    }
    return bytes;
}

}  // namespace

net::Async<Result<>> Content::settle() {
    const std::size_t room = file_ ? piece : max_in_memory;
    if (tail_.size() <= room) co_return Result<>{};
    const auto write = [this]() -> Result<> {
        if (!file_) {
            auto file = unnamed_file(folder_);
            if (!file) return fail(file.error());
            file_ = *std::move(file);
        }
        return write_all(file_.get(), tail_);
    };
    Result<> written = co_await disk_.run(write);
    if (!written) co_return written;
    in_file_ += tail_.size();
    tail_.clear();
    co_return Result<>{};
}

net::Async<Result<std::string>> Content::read(std::uint64_t offset) {
    if (offset >= in_file_) co_return tail_.substr(std::min<std::uint64_t>(offset - in_file_, tail_.size()));
    const int fd = file_.get();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece, in_file_ - offset));
    const auto work = [fd, offset, count] { return read_piece(fd, offset, count); };
    Result<std::string> bytes = co_await disk_.run(work);
    co_return bytes;
}

}  // namespace posthouse::smtpd
