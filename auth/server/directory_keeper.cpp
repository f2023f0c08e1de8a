// DirectoryKeeper: a thread that does for the directory what no log-in may wait for.
#include "auth/server/directory_keeper.h"

#include <utility>

#include "lib/base/log.h"

namespace posthouse::auth {

DirectoryKeeper::DirectoryKeeper(DirectoryPool& pool, std::chrono::milliseconds interval)
    : pool_(pool), interval_(interval), thread_([this] { run(); }) {}

DirectoryKeeper::~DirectoryKeeper() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void DirectoryKeeper::write(std::string name, Write work) {
    {
        const std::scoped_lock lock(mutex_);
        if (writes_.size() >= max_writes && !writes_.contains(name)) {
            log::warning("too much waits to be written to the directory", {{"dropped", name}});
            return;
        }
        writes_.insert_or_assign(std::move(name), std::move(work));
    }
    wake_.notify_all();
}

bool DirectoryKeeper::wait_until_written(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return written_.wait_for(lock, time, [this] { return writes_.empty() && !writing_; });
}

void DirectoryKeeper::run() {
    std::unique_lock lock(mutex_);
    bool away = false;
    while (!stopping_) {
        if (away)
            wake_.wait_for(lock, interval_, [this] { return stopping_; });
        else
            wake_.wait_for(lock, interval_, [this] { return stopping_ || !writes_.empty(); });
        if (stopping_) break;
        lock.unlock();
        pool_.source().probe();
        lock.lock();
        away = !write_all(lock);
    }
    write_all(lock);
}

bool DirectoryKeeper::write_all(std::unique_lock<std::mutex>& lock) {
    while (!writes_.empty()) {
        auto write = writes_.extract(writes_.begin());
        writing_ = true;
        lock.unlock();
        const Result<> done = pool_.with([&](Directory& directory) { return write.mapped()(directory); });
        lock.lock();
        writing_ = false;
        if (!done && done.error().code == ErrorCode::unavailable) {
            log::debug("the directory cannot be written now", {{"reason", done.error().message()}});
            writes_.insert(std::move(write));  // unless there is a later one already
            return false;
        }
        // What was removed or changed meanwhile needs no write any more.
        if (!done && done.error().code != ErrorCode::not_found)
            log::error("writing to the directory failed", {{"what", write.key()}, {"reason", done.error().message()}});
        written_.notify_all();
    }
    written_.notify_all();
    return true;
}

}  // namespace posthouse::auth
