// Pool: a queue, threads, and one wake-up of the loop for all jobs that ended since the last.
#include "lib/net/pool.h"

namespace posthouse::net {

Pool::Pool(Loop& loop, std::size_t threads) : loop_(loop) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Pool::enqueue(Job& job) {
    {
        const std::scoped_lock lock(mutex_);
        queue_.push_back(&job);
    }
    wake_.notify_one();
}

void Pool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        Job* job = queue_.front();
        queue_.pop_front();
        lock.unlock();
        job->execute();
        lock.lock();
        done_.push_back(job);
        if (done_.size() == 1) loop_.post_from_any_thread([this] { collect(); });
    }
}

void Pool::collect() {
    std::vector<Job*> done;
    {
        const std::scoped_lock lock(mutex_);
        done.swap(done_);
    }
    for (const Job* job : done) loop_.post(job->handle);
}

}  // namespace posthouse::net
