// Wakes the sessions that idle in a mailbox which changed.
#include "imapd/watch_hub.h"

namespace posthouse::imapd {
namespace {

/// When storage can tell of nothing.
constexpr std::chrono::milliseconds kPollWithoutWatches{1000};

}  // namespace

WatchHub::WatchHub(net::Loop& loop, storage::Watcher& watcher) : watcher_(watcher) {
    if (watcher_.fd() >= 0) poller_ = std::make_unique<net::Poller>(loop, watcher_.fd());
}

WatchHub::Watch::Watch(WatchHub& hub, const storage::Mailbox& mailbox, net::Stream& stream)
    : hub_(hub), id_(hub.watcher_.add(mailbox)) {
    hub_.waiting_.emplace(id_, &stream);
}

WatchHub::Watch::Watch(WatchHub& hub, const storage::Account& account, net::Stream& stream)
    : hub_(hub), id_(hub.watcher_.add(account)) {
    hub_.waiting_.emplace(id_, &stream);
}

WatchHub::Watch::~Watch() {
    hub_.waiting_.erase(id_);
    hub_.watcher_.remove(id_);
}

std::chrono::milliseconds WatchHub::Watch::poll_interval() const {
    if (!hub_.poller_) return kPollWithoutWatches;
    return hub_.watcher_.poll_interval(id_);
}

net::Async<> WatchHub::run(WatchHub* hub) {
    while (hub->poller_) {
        const Result<> ready = co_await hub->poller_->wait(net::Direction::read, net::Deadline::never());
        if (!ready) co_return;
        for (const storage::WatchId id : hub->watcher_.drain()) {
            const auto found = hub->waiting_.find(id);
            if (found != hub->waiting_.end()) found->second->wake();
        }
    }
}

void WatchHub::stop() {
    if (poller_) poller_->cancel();
}

}  // namespace posthouse::imapd
