// DirectoryPool: connections to the directory.
#include "auth/server/directory_pool.h"

#include <sys/stat.h>

#include <cerrno>

namespace posthouse::auth {

Result<DirectoryPool::Connection> DirectoryPool::take() {
    struct stat status{};
    if (::stat(settings_.path.c_str(), &status) != 0) {
        const std::unexpected<Error> reason = fail_errno("stat " + settings_.path, errno);
        const std::scoped_lock lock(mutex_);
        idle_.clear();
        return fail(ErrorCode::unavailable, "Directory is unavailable", reason.error().detail);
    }
    {
        const std::scoped_lock lock(mutex_);
        while (!idle_.empty()) {
            Connection connection = std::move(idle_.back());
            idle_.pop_back();
            if (connection.device == status.st_dev && connection.inode == status.st_ino) return connection;
        }
    }
    Result<std::unique_ptr<Directory>> opened = open_sqlite_directory(settings_);
    if (!opened) return fail(ErrorCode::unavailable, "Directory is unavailable", opened.error().message());
    return Connection{std::move(*opened), status.st_dev, status.st_ino};
}

void DirectoryPool::give_back(Connection connection) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
}

}  // namespace posthouse::auth
