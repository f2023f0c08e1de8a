// DirectoryKeeper: a thread that does for the directory what no log-in may wait for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "auth/server/directory_pool.h"

namespace posthouse::auth {

/// Tries servers that are away, and writes what authd itself has to write (a better hash, when something was used).
/// A write that the database does not take now is tried again, until the daemon ends. Thread-safe.
class DirectoryKeeper {
  public:
    using Write = std::function<Result<>(Directory&)>;
    static constexpr std::size_t max_writes = 10'000;

    DirectoryKeeper(DirectoryPool& pool, std::chrono::milliseconds interval);
    DirectoryKeeper(const DirectoryKeeper&) = delete;
    DirectoryKeeper& operator=(const DirectoryKeeper&) = delete;
    /// Writes what waits, if the database takes it.
    ~DirectoryKeeper();

    /// Soon; takes the place of a waiting write of the same name. Dropped when max_writes wait.
    void write(std::string name, Write work);
    /// Waits until nothing is left to write, or until the time is over; false then.
    bool wait_until_written(std::chrono::milliseconds time);

  private:
    void run();
    /// false: the database is away.
    bool write_all(std::unique_lock<std::mutex>& lock);

    DirectoryPool& pool_;
    const std::chrono::milliseconds interval_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable written_;
    std::map<std::string, Write> writes_;  // all below guarded by mutex_
    bool writing_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace posthouse::auth
