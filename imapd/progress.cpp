// INPROGRESS: between the pieces of a command, and by a timer while it waits for a single one.
#include "imapd/progress.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "lib/imap/responses.h"

namespace posthouse::imapd {
Progress::Progress(Session& session, std::uint64_t goal)
    : session_(session),
      goal_(goal),
      next_(net::Deadline::in(session.config().imapd.progress_interval)),
      timer_(*this) {}

net::Async<> Progress::tell_if_due() {
    if (!next_.passed() || session_.ended()) co_return;
    co_await tell(this);
}

net::Async<> Progress::tell(Progress* progress) {
    Session& session = progress->session_;
    progress->next_ = net::Deadline::in(session.config().imapd.progress_interval);
    std::string line;
    imap::append_in_progress(line, session.tag(), progress->earlier_ + progress->done_ + progress->count_.value(),
                             progress->goal_);
    co_await session.send(line);
    if (!session.ended()) co_await session.flush();
}

Progress::Timer::Timer(Progress& p) : progress(p), telling(p.session_.services().loop) {}

void Progress::Timer::start() {
    runs = true;
    progress.session_.services().loop.timers().set(*this, progress.next_);
}

net::Async<> Progress::Timer::stop() {
    runs = false;
    progress.session_.services().loop.timers().remove(*this);
    co_await telling.join();
}

void Progress::Timer::expired() {
    if (telling.running() == 0 && !progress.session_.ended()) telling.spawn(&Progress::tell, &progress);
    // Never twice in one turn of the loop, however short the interval is.
    const auto interval = std::max(progress.session_.config().imapd.progress_interval, std::chrono::milliseconds(10));
    if (runs) progress.session_.services().loop.timers().set(*this, net::Deadline::in(interval));
}

}  // namespace posthouse::imapd
