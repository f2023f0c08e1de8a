// DirectoryPool: connections to the directory, one per thread that looks something up.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/directory/directory.h"
#include "auth/directory/sqlite_directory.h"

namespace posthouse::auth {

/// Thread-safe. Nothing is cached: a change that the command line made is seen by the next look-up. A database that is
/// missing or damaged fails every look-up with `unavailable`, and is opened again by the next one, so that it heals
/// without a restart; one that was replaced by another file is noticed too.
class DirectoryPool {
  public:
    explicit DirectoryPool(SqliteSettings settings) : settings_(std::move(settings)) {}

    /// `work(Directory&)`, which gives a Result, on a connection of its own.
    template <typename F>
    auto with(F work) -> decltype(work(std::declval<Directory&>())) {
        Result<Connection> connection = take();
        if (!connection) return fail(connection.error());
        auto result = work(*connection->directory);
        // A connection that failed may fail for ever (its file is damaged, or gone).
        if (result || result.error().code != ErrorCode::unavailable) give_back(std::move(*connection));
        return result;
    }

  private:
    struct Connection {
        std::unique_ptr<Directory> directory;
        dev_t device = 0;
        ino_t inode = 0;
    };
    Result<Connection> take();
    void give_back(Connection connection);

    SqliteSettings settings_;
    std::mutex mutex_;
    std::vector<Connection> idle_;  // guarded by mutex_
};

}  // namespace posthouse::auth
