// Watcher: inotify on new/ and cur/ where somebody waits, one instance for the process; polling where it can't.
#include "storage/watch.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "lib/base/fd.h"
#include "storage/folder.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {
namespace {

/// With the kernel's word: only against what it may miss.
constexpr std::chrono::milliseconds poll_when_told{120'000};
/// Without: as often as a waiting user may notice.
constexpr std::chrono::milliseconds poll_when_blind{5'000};

/// Changes made on another machine are never told.
bool is_remote(int fd) {
    struct statfs fs{};
    if (::fstatfs(fd, &fs) != 0) return true;
    constexpr std::array<std::uint32_t, 6> remote{0x6969, 0xff534d42, 0xfe534d42, 0x65735546, 0x00c36400, 0x01161970};
    return std::ranges::find(remote, static_cast<std::uint32_t>(fs.f_type)) != remote.end();
}

}  // namespace

struct Watcher::State {
    struct Watch {
        const void* mailbox = nullptr;
        std::weak_ptr<MailboxState> state;  ///< not an owner: the mailbox owns the store that owns this
        std::array<int, 2> descriptors{-1, -1};
        bool is_blind() const { return descriptors[0] < 0 || descriptors[1] < 0; }
    };

    State();
    void add_to_epoll(int fd) const;
    int add_folder(int folder, WatchId id);
    void remove_folder(int descriptor, WatchId id);
    void read_events();
    /// The kernel saw a change, which its author may not have noted in the index yet.
    void tell(WatchId id) {
        told.insert(id);
        const auto watch = watches.find(id);
        if (watch == watches.end()) return;
        if (const std::shared_ptr<MailboxState> mailbox = watch->second.state.lock()) mailbox->told_of_change();
    }

    UniqueFd inotify;
    UniqueFd wake;
    UniqueFd epoll;
    std::atomic<std::size_t> count{0};  // of watches
    mutable std::mutex mutex;
    WatchId last_id = 0;
    std::map<WatchId, Watch> watches;
    std::map<int, std::set<WatchId>> by_descriptor;
    std::set<WatchId> told;
};

Watcher::State::State()
    : inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      epoll(::epoll_create1(EPOLL_CLOEXEC)) {
    add_to_epoll(inotify.get());
    add_to_epoll(wake.get());
}

void Watcher::State::add_to_epoll(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (fd >= 0 && epoll) ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
}

int Watcher::State::add_folder(int folder, WatchId id) {
    if (!inotify) return -1;
    const std::string path = "/proc/self/fd/" + std::to_string(folder);
    const int descriptor = ::inotify_add_watch(
        inotify.get(), path.c_str(), IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR);
    if (descriptor >= 0) by_descriptor[descriptor].insert(id);
    return descriptor;
}

void Watcher::State::remove_folder(int descriptor, WatchId id) {
    const auto place = by_descriptor.find(descriptor);
    if (place == by_descriptor.end()) return;
    place->second.erase(id);
    if (!place->second.empty()) return;
    by_descriptor.erase(place);
    ::inotify_rm_watch(inotify.get(), descriptor);
}

void Watcher::State::read_events() {
    alignas(inotify_event) std::array<char, 16384> events{};
    for (;;) {
        // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): IN_NONBLOCK, it never waits.
        const ssize_t n = ::read(inotify.get(), events.data(), events.size());
        if (n <= 0) return;
        for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
            inotify_event event{};
            std::memcpy(&event, events.data() + at, sizeof event);
            at += sizeof event + event.len;
            if ((event.mask & IN_Q_OVERFLOW) != 0) {
                for (const auto& [id, watch] : watches) tell(id);
                continue;
            }
            const auto place = by_descriptor.find(event.wd);
            if (place == by_descriptor.end()) continue;
            for (const WatchId id : place->second) tell(id);
            if ((event.mask & IN_IGNORED) != 0) by_descriptor.erase(place);  // the folder is gone
        }
    }
}

Watcher::Watcher() : state_(std::make_unique<State>()) {}
Watcher::~Watcher() = default;

int Watcher::fd() const { return state_->epoll.get(); }

WatchId Watcher::add(const Mailbox& mailbox) {
    const Folder& folder = *mailbox.state()->folder();
    const bool remote = is_remote(folder.cur());
    const std::scoped_lock guard(state_->mutex);
    const WatchId id = ++state_->last_id;
    State::Watch watch;
    watch.mailbox = mailbox.state().get();
    watch.state = mailbox.state();
    if (!remote) watch.descriptors = {state_->add_folder(folder.fresh(), id), state_->add_folder(folder.cur(), id)};
    ++state_->count;
    state_->watches.emplace(id, watch);
    return id;
}

void Watcher::remove(WatchId id) {
    const std::scoped_lock guard(state_->mutex);
    const auto place = state_->watches.find(id);
    if (place == state_->watches.end()) return;
    for (const int descriptor : place->second.descriptors) state_->remove_folder(descriptor, id);
    --state_->count;
    state_->watches.erase(place);
    state_->told.erase(id);
}

std::vector<WatchId> Watcher::drain() {
    std::uint64_t count = 0;
    if (state_->wake) [[maybe_unused]]
        const ssize_t n = ::read(state_->wake.get(), &count, sizeof count);
    const std::scoped_lock guard(state_->mutex);
    if (state_->inotify) state_->read_events();
    const std::vector<WatchId> told(state_->told.begin(), state_->told.end());
    state_->told.clear();
    return told;
}

std::chrono::milliseconds Watcher::poll_interval(WatchId id) const {
    const std::scoped_lock guard(state_->mutex);
    const auto place = state_->watches.find(id);
    const bool is_blind = place == state_->watches.end() || place->second.is_blind();
    return is_blind || !state_->epoll ? poll_when_blind : poll_when_told;
}

void Watcher::changed(const void* mailbox_state) {
    // Also those whom the kernel tells: it does so when a file moves, which is before the change is in memory, and who
    // looked in between saw nothing.
    if (state_->count.load(std::memory_order_relaxed) == 0) return;
    const std::scoped_lock guard(state_->mutex);
    bool is_told = false;
    for (const auto& [id, watch] : state_->watches)
        if (watch.mailbox == mailbox_state) is_told = state_->told.insert(id).second || is_told;
    if (!is_told || !state_->wake) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(state_->wake.get(), &one, sizeof one);
}

}  // namespace posthouse::storage
