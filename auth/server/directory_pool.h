// DirectoryPool: connections to the directory, one per thread that uses it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/directory/directory.h"
#include "auth/server/directory_source.h"

namespace posthouse::auth {

/// Thread-safe. A database that is missing or damaged fails every use with `unavailable`, and is opened again by a
/// later one, so that it heals without a restart.
class DirectoryPool {
  public:
    explicit DirectoryPool(DatabaseSettings settings) : source_(make_directory_source(std::move(settings))) {}

    /// A connection in somebody's hands; it is given back by keep() or fail().
    struct Lease {
        std::unique_ptr<Directory> directory;
        std::string target;
        bool reused = false;  ///< it was idle before, and may have ended meanwhile
    };
    /// Errors: unavailable.
    Result<Lease> take();
    void keep(Lease lease);
    /// The connection did not serve. Whether it is worth taking another one at once: this one had ended while it was
    /// idle, or leads to a server of several that is away.
    bool drop(Lease lease, const Error& reason);

    /// `work(Directory&)`, which gives a Result, on a connection of its own. It may run more than once, when a
    /// connection breaks: what it does must be the same when it is done twice.
    template <typename F>
    auto with(F work) -> decltype(work(std::declval<Directory&>())) {
        for (int attempt = 1;; ++attempt) {
            Result<Lease> lease = take();
            if (!lease) return posthouse::fail(lease.error());
            auto result = work(*lease->directory);
            if (result || result.error().code != ErrorCode::unavailable) {
                keep(std::move(*lease));
                return result;
            }
            if (!drop(std::move(*lease), result.error()) || attempt == max_attempts) return result;
        }
    }
    /// Where the connections lead.
    DirectorySource& source() { return *source_; }

    static constexpr int max_attempts = 10;

  private:
    std::unique_ptr<DirectorySource> source_;
    std::mutex mutex_;
    std::vector<Lease> idle_;  // guarded by mutex_
};

}  // namespace posthouse::auth
