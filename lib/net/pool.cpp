// Pool: whose turn it is, threads, and one wake-up of the loop for all jobs that ended since the last.
#include "lib/net/pool.h"

#include <algorithm>
#include <system_error>

#include "lib/base/log.h"
#include "lib/net/low_priority.h"

namespace posthouse::net {
namespace {

/// Who computes waits for nobody: more threads would only take more memory, and processors from others.
std::size_t most_threads(std::size_t usual, Pool::Priority priority) {
    return priority == Pool::Priority::low ? usual : usual * Pool::max_growth;
}

}  // namespace

Pool::Pool(Loop& loop, std::size_t threads, Priority priority, Clock::duration patience)
    : loop_(loop),
      usual_threads_(threads),
      priority_(priority),
      patience_(patience),
      share_(std::max<std::size_t>(threads / 2, 1)) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
    loop_.timers().remove(patience_timer_);
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Pool::enqueue(Job& job) {
    bool wakes = false;
    {
        const std::scoped_lock lock(mutex_);
        if (job.whom.empty()) {
            put_first(job);
        } else {
            auto lane = lanes_.find(job.whom);
            if (lane == lanes_.end()) lane = lanes_.emplace(job.whom, Lane{}).first;
            job.lane = &lane->second;
            job.lane->waiting.push_back(&job);
            offer(*job.lane);
        }
        if (running_ + first_.size() > threads_.size()) watch();
        wakes = wants_thread();
    }
    if (wakes) wake_.notify_one();
}

/// Whether a thread that sleeps is to be woken, which is then to be done: there is a job for it, and none is on its
/// way.
bool Pool::wants_thread() {
    if (!may_take() || sleeping_ <= woken_) return false;
    ++woken_;
    return true;
}

void Pool::put_first(Job& job) {
    job.first_since = Clock::now();
    first_.push_back(&job);
}

/// Puts the lane's next job where threads take it: one at a time, so that lanes take turns.
void Pool::offer(Lane& lane) {
    if (lane.offered || lane.waiting.empty() || lane.running >= share_) return;
    Job& job = *lane.waiting.front();
    lane.waiting.pop_front();
    lane.offered = true;
    if (lane.running == 0)
        put_first(job);
    else
        more_.push_back(&job);
}

/// Threads that were added leave alone those for whom something runs.
bool Pool::may_take() const { return !first_.empty() || (!more_.empty() && running_ < usual_threads_); }

Pool::Job& Pool::take() {
    std::deque<Job*>& queue = first_.empty() ? more_ : first_;
    Job& job = *queue.front();
    queue.pop_front();
    ++running_;
    if (job.lane != nullptr) {
        job.lane->offered = false;
        ++job.lane->running;
        offer(*job.lane);
    }
    return job;
}

void Pool::finished(const Job& job) {
    --running_;
    if (job.lane == nullptr) return;
    Lane& lane = *job.lane;
    --lane.running;
    if (lane.offered && lane.running == 0) {
        // more_ is short: one job for each lane that has something running.
        const auto next = std::ranges::find(more_, &lane, &Job::lane);
        Job& offered = **next;
        more_.erase(next);
        put_first(offered);
    }
    offer(lane);
    if (lane.running == 0 && !lane.offered) lanes_.erase(lanes_.find(job.whom));
}

void Pool::work() {
    if (priority_ == Priority::low) lower_priority();
    std::unique_lock lock(mutex_);
    for (;;) {
        while (!stopping_ && !may_take()) {
            ++sleeping_;
            wake_.wait(lock);
            --sleeping_;
            if (woken_ > 0) --woken_;
        }
        if (!may_take()) return;
        Job& job = take();
        const bool wakes = wants_thread();  // for what this job's lane offers now
        lock.unlock();
        if (wakes) wake_.notify_one();
        job.execute();
        lock.lock();
        finished(job);
        done_.push_back(&job);
        if (done_.size() == 1) loop_.post_from_any_thread([this] { collect(); });
    }
}

/// Sees to it that first_ is looked at in a while.
void Pool::watch() {
    if (patience_timer_.queued() || threads_.size() >= most_threads(usual_threads_, priority_)) return;
    loop_.timers().set(patience_timer_, Deadline::in(patience_));
}

void Pool::grow() {
    const std::scoped_lock lock(mutex_);
    if (first_.empty()) return;
    if (Clock::now() - first_.front()->first_since >= patience_) {
        const std::size_t room = most_threads(usual_threads_, priority_) - threads_.size();
        const std::size_t added = std::min(first_.size(), room);
        try {
            for (std::size_t i = 0; i < added; ++i) threads_.emplace_back([this] { work(); });
        } catch (const std::system_error& error) {
            log::debug("no further thread: those there are go on", {{"error", error.what()}});
        }
    }
    watch();
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
