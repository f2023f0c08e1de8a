// DirectoryPool: connections to the directory.
#include "auth/server/directory_pool.h"

#include <utility>

namespace posthouse::auth {

Result<DirectoryPool::Lease> DirectoryPool::take() {
    for (int attempt = 1;; ++attempt) {
        Result<std::string> target = source_->target();
        std::vector<Lease> stale;  // closed when the lock is open again: that may send something
        {
            const std::scoped_lock lock(mutex_);
            if (!target) stale.swap(idle_);
            while (target && !idle_.empty()) {
                Lease lease = std::move(idle_.back());
                idle_.pop_back();
                if (lease.target == *target) return lease;
                stale.push_back(std::move(lease));
            }
        }
        if (!target) return fail(target.error());
        Result<std::unique_ptr<Directory>> opened = source_->connect(*target);
        if (opened) return Lease{std::move(*opened), std::move(*target), false};
        source_->failed(*target, opened.error());
        const Result<std::string> next = source_->target();
        if (!next || *next == *target || attempt == max_attempts) return fail(opened.error());
    }
}

void DirectoryPool::keep(Lease lease) {
    lease.reused = true;
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(lease));
}

bool DirectoryPool::drop(Lease lease, const Error& reason) {
    if (!lease.directory->is_lost()) return false;
    if (!lease.reused) {
        source_->failed(lease.target, reason);
        return true;
    }
    // What ended this one has ended the others as well.
    std::vector<Lease> stale;
    const std::scoped_lock lock(mutex_);
    stale.swap(idle_);
    return true;
}

}  // namespace posthouse::auth
