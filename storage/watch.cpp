// Watcher: who waits for what, told by this process, by others' wake marks, or by the kernel; polling where none can.
#include "storage/watch.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "storage/account.h"
#include "storage/folder.h"
#include "storage/found_folders.h"
#include "storage/mailbox_state.h"
#include "storage/subscriptions.h"
#include "storage/wake/folder_events.h"
#include "storage/wake/wake_marks.h"

namespace posthouse::storage {
namespace {

/// When all is told: only against what may be missed.
constexpr std::chrono::milliseconds poll_when_told{120'000};
/// Otherwise: as often as a waiting user may notice.
constexpr std::chrono::milliseconds poll_when_blind{5'000};
/// Files move before their change is in the index. So long the kernel's word waits for the author's; without that, a
/// foreign program was at work, or one of us died.
constexpr long grace_ns = 100'000'000;
/// So many folders of an account in the fs layout are watched for one who waits.
constexpr std::size_t max_tree_folders = 1000;

constexpr std::uint32_t folder_events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF;
constexpr std::uint32_t new_events = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t loss_events = IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;

void write_one(const UniqueFd& event) {
    const std::uint64_t one = 1;
    if (event) [[maybe_unused]]
        const ssize_t n = ::write(event.get(), &one, sizeof one);
}

/// True: it had come.
bool read_count(const UniqueFd& event) {
    std::uint64_t count = 0;
    return event && ::read(event.get(), &count, sizeof count) > 0;
}

}  // namespace

struct Watcher::State {
    struct Watch {
        WakeKey key;
        std::weak_ptr<MailboxState> mailbox = {};  ///< not an owner: the mailbox owns the store that owns this
        std::set<int> descriptors = {};
        bool is_blind = false;         ///< some folder can't be watched
        std::string nested_root = {};  ///< of an account in the fs layout: all its folders are watched
        Layout layout = {};
    };

    /// A folder that the kernel watches for us.
    struct Watched {
        std::set<WatchId> by;
        bool is_account = false;  ///< mailboxes lie in it, and INBOX's small files, which come and go
    };

    explicit State(std::string index_root);
    void add_to_epoll(int fd) const;
    void add_folder(Watch& watch, int folder, bool is_account, WatchId id);
    /// The folders of an account in the fs layout, those that came since among them.
    void add_tree(Watch& watch, WatchId id);
    WatchId begin(WatchId id, Watch watch);
    void remove_folder(int descriptor, WatchId id);
    /// What the kernel saw becomes a suspicion.
    void read_events();
    void renew_marks(bool now);
    void tell_own(WakeKey key);
    void tell_own_bit(std::uint32_t bit);
    void tell_all();
    /// Nobody said that it was him.
    void tell_suspects();

    FolderEvents events;
    UniqueFd wake;
    UniqueFd grace;
    UniqueFd epoll;
    std::atomic<std::size_t> count{0};  // of watches
    std::mutex mutex;
    WakeMarks marks;  ///< all but its tell() with the mutex held
    int marks_descriptor = -1;
    WatchId last_id = 0;
    std::map<WatchId, Watch> watches;
    std::map<WakeKey, std::set<WatchId>> by_key;
    std::map<int, Watched> by_descriptor;
    std::set<WatchId> told;
    std::set<WatchId> grown;     ///< a folder came into one of theirs
    std::set<WatchId> suspects;  ///< the kernel saw something, and nobody has said yet that it was him
    bool grace_runs = false;
};

Watcher::State::State(std::string index_root)
    : wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      grace(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      epoll(::epoll_create1(EPOLL_CLOEXEC)),
      marks(std::move(index_root), epoll.get()) {
    add_to_epoll(events.fd());
    add_to_epoll(wake.get());
    add_to_epoll(grace.get());
}

void Watcher::State::add_to_epoll(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (fd >= 0 && epoll) ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
}

void Watcher::State::add_folder(Watch& watch, int folder, bool is_account, WatchId id) {
    const int descriptor = events.add(folder, folder_events);
    if (descriptor < 0) {
        watch.is_blind = true;
        return;
    }
    Watched& watched = by_descriptor[descriptor];
    watched.is_account = is_account;
    watched.by.insert(id);
    watch.descriptors.insert(descriptor);
}

void Watcher::State::add_tree(Watch& watch, WatchId id) {
    const Result<UniqueFd> root = open_file(watch.nested_root, O_RDONLY | O_DIRECTORY);
    const auto folders = root ? find_folders(root->get(), watch.layout) : fail(root.error());
    if (!folders || folders->size() > max_tree_folders) {
        watch.is_blind = true;
        return;
    }
    for (const FoundFolder& found : *folders) {
        const Result<std::string> place = watch.layout.folder(found.name);
        const Result<UniqueFd> folder =
            place ? open_in(root->get(), *place, O_RDONLY | O_DIRECTORY) : fail(place.error());
        // Gone by now: that is told as well.
        if (folder) add_folder(watch, folder->get(), true, id);
    }
}

WatchId Watcher::State::begin(WatchId id, Watch watch) {
    by_key[watch.key].insert(id);
    renew_marks(false);
    marks.watch(watch.key.bit());
    watches.emplace(id, std::move(watch));
    ++count;
    return id;
}

void Watcher::State::remove_folder(int descriptor, WatchId id) {
    const auto place = by_descriptor.find(descriptor);
    if (place == by_descriptor.end()) return;
    place->second.by.erase(id);
    if (!place->second.by.empty()) return;
    by_descriptor.erase(place);
    events.remove(descriptor);
}

void Watcher::State::read_events() {
    bool is_lost = false;
    events.read([&](int descriptor, std::uint32_t mask, std::string_view name) {
        if ((mask & IN_Q_OVERFLOW) != 0) {
            for (const auto& [id, watch] : watches) {
                suspects.insert(id);
                grown.insert(id);
            }
            is_lost = true;
            return;
        }
        if (descriptor == marks_descriptor) is_lost = true;
        const auto place = by_descriptor.find(descriptor);
        if (place == by_descriptor.end()) return;
        const Watched& watched = place->second;
        const bool is_small_file = watched.is_account && !name.empty() && (mask & IN_ISDIR) == 0;
        if (!is_small_file || name == subscriptions_file) suspects.insert(watched.by.begin(), watched.by.end());
        if (watched.is_account && (mask & IN_ISDIR) != 0 && (mask & new_events) != 0)
            grown.insert(watched.by.begin(), watched.by.end());
        if ((mask & IN_IGNORED) != 0) by_descriptor.erase(place);  // the folder is gone
    });
    if (is_lost) renew_marks(true);
    for (const WatchId id : std::exchange(grown, {}))
        if (const auto watch = watches.find(id); watch != watches.end() && !watch->second.nested_root.empty())
            add_tree(watch->second, id);
}

void Watcher::State::renew_marks(bool now) {
    const int before = marks.folder();
    const bool is_lost = marks.renew(now);
    if (is_lost) tell_all();
    if (!is_lost && before == marks.folder()) return;
    if (marks_descriptor >= 0) events.remove(marks_descriptor);
    marks_descriptor = marks.folder() < 0 ? -1 : events.add(marks.folder(), loss_events);
}

void Watcher::State::tell_own(WakeKey key) {
    const auto waiting = by_key.find(key);
    if (waiting != by_key.end()) told.insert(waiting->second.begin(), waiting->second.end());
}

void Watcher::State::tell_own_bit(std::uint32_t bit) {
    for (auto at = by_key.lower_bound(WakeKey::first_with(bit)); at != by_key.end() && at->first.bit() == bit; ++at)
        told.insert(at->second.begin(), at->second.end());
}

void Watcher::State::tell_all() {
    for (const auto& [id, watch] : watches) told.insert(id);
    write_one(wake);
}

void Watcher::State::tell_suspects() {
    for (const WatchId id : suspects)
        if (const std::shared_ptr<MailboxState> mailbox = watches.at(id).mailbox.lock()) mailbox->distrust();
    told.merge(suspects);
    suspects.clear();
}

Watcher::Watcher(std::string index_root) : state_(std::make_unique<State>(std::move(index_root))) {}
Watcher::~Watcher() = default;

int Watcher::fd() const { return state_->epoll.get(); }

WatchId Watcher::add(const Mailbox& mailbox) {
    const Folder& folder = *mailbox.state()->folder();
    const std::scoped_lock guard(state_->mutex);
    const WatchId id = ++state_->last_id;
    State::Watch watch{.key = mailbox.state()->wake_key(), .mailbox = mailbox.state()};
    state_->add_folder(watch, folder.fresh(), false, id);
    state_->add_folder(watch, folder.cur(), false, id);
    return state_->begin(id, std::move(watch));
}

WatchId Watcher::add(const Account& account) {
    const Result<UniqueFd> folder = open_file(account.root(), O_RDONLY | O_DIRECTORY);
    const WakeKey key = account.store()->wake_key(account.root());
    const std::scoped_lock guard(state_->mutex);
    const WatchId id = ++state_->last_id;
    State::Watch watch{.key = key, .is_blind = !folder};
    if (folder) state_->add_folder(watch, folder->get(), true, id);
    if (const Layout& layout = account.store()->settings().layout; layout.is_nested()) {
        watch.nested_root = account.root();
        watch.layout = layout;
        state_->add_tree(watch, id);
    }
    return state_->begin(id, std::move(watch));
}

void Watcher::remove(WatchId id) {
    const std::scoped_lock guard(state_->mutex);
    const auto place = state_->watches.find(id);
    if (place == state_->watches.end()) return;
    const State::Watch watch = place->second;
    for (const int descriptor : watch.descriptors) state_->remove_folder(descriptor, id);
    state_->watches.erase(place);
    state_->told.erase(id);
    state_->suspects.erase(id);
    --state_->count;
    const auto waiting = state_->by_key.find(watch.key);
    waiting->second.erase(id);
    if (!waiting->second.empty()) return;
    state_->by_key.erase(waiting);
    const auto other = state_->by_key.lower_bound(WakeKey::first_with(watch.key.bit()));
    if (other == state_->by_key.end() || other->first.bit() != watch.key.bit()) state_->marks.unwatch(watch.key.bit());
}

std::vector<WatchId> Watcher::drain() {
    read_count(state_->wake);
    const std::scoped_lock guard(state_->mutex);
    // What an author tells was seen by the kernel before: read in this order, it clears the suspicion.
    state_->read_events();
    for (const std::uint32_t bit : state_->marks.take()) state_->tell_own_bit(bit);
    if (state_->grace_runs && read_count(state_->grace)) {
        state_->grace_runs = false;
        state_->tell_suspects();
    }
    for (const WatchId id : state_->told) state_->suspects.erase(id);
    if (!state_->suspects.empty() && !state_->grace_runs) {
        const itimerspec once{{0, 0}, {0, grace_ns}};
        state_->grace_runs = ::timerfd_settime(state_->grace.get(), 0, &once, nullptr) == 0;
        if (!state_->grace_runs) state_->tell_suspects();
    }
    std::vector<WatchId> told(state_->told.begin(), state_->told.end());
    state_->told.clear();
    return told;
}

std::chrono::milliseconds Watcher::poll_interval(WatchId id) {
    const std::scoped_lock guard(state_->mutex);
    state_->renew_marks(false);
    const auto place = state_->watches.find(id);
    const bool is_blind = place == state_->watches.end() || place->second.is_blind || !state_->marks.is_told();
    return is_blind || !state_->epoll ? poll_when_blind : poll_when_told;
}

void Watcher::tell(std::span<const WakeKey> keys) {
    // Who isn't seen waiting looks after this.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (state_->count.load(std::memory_order_relaxed) != 0) {
        const std::scoped_lock guard(state_->mutex);
        const std::size_t before = state_->told.size();
        for (const WakeKey key : keys) state_->tell_own(key);
        if (state_->told.size() != before) write_one(state_->wake);
    }
    state_->marks.tell(keys);
}

void Watcher::forgive(WakeKey mailbox) {
    if (state_->count.load(std::memory_order_relaxed) == 0) return;
    const std::scoped_lock guard(state_->mutex);
    const auto waiting = state_->by_key.find(mailbox);
    if (waiting == state_->by_key.end()) return;
    state_->read_events();
    for (const WatchId id : waiting->second) state_->suspects.erase(id);
}

}  // namespace posthouse::storage
