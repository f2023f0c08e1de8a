// A store's own slot and its view of the file; both are looked after once a second, for the file may be deleted.
#include "storage/wake/wake_marks.h"

#include <sys/epoll.h>
#include <time.h>

#include "lib/base/log.h"

namespace posthouse::storage {
namespace {

/// So long may a process tell into a file that others don't see any more.
constexpr std::int64_t check_each_ms = 1'000;

/// Some nanoseconds, and good to some milliseconds. Never 0.
std::int64_t coarse_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return 1 + now.tv_sec * 1'000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::shared_ptr<WakeFile> WakeMarks::file(bool now, std::uint32_t& own_slot) {
    const std::int64_t ms = coarse_ms();
    const std::scoped_lock guard(mutex_);
    const bool is_due = now || checked_ms_ == 0 || ms - checked_ms_ >= check_each_ms;
    if (is_due) checked_ms_ = ms;
    if (is_due && file_ && !file_->usable()) {
        // What was told since it went is told once more, to everybody.
        is_missed_ = true;
        own_slot_ = WakeFile::slot_count;
        WakeFile::retire(index_root_, *file_);
        file_.reset();
    }
    if (is_due && !file_) {
        Result<std::shared_ptr<WakeFile>> opened = WakeFile::open(index_root_);
        if (opened) file_ = std::move(*opened);
        if (file_ && is_missed_) file_->tell_all();
        if (file_) is_missed_ = false;
        if (!opened && !is_warned_)
            log::warning("other processes can't be told of changes", {{"error", opened.error().message()}});
        is_warned_ = !opened;
    }
    if (!file_) is_missed_ = true;
    own_slot = own_slot_;
    return file_;
}

void WakeMarks::tell(std::span<const WakeKey> keys) {
    std::uint32_t own_slot = 0;
    if (const std::shared_ptr<WakeFile> file = this->file(false, own_slot)) file->tell(keys, own_slot);
}

void WakeMarks::watch(std::uint32_t bit) {
    watched_.insert(bit);
    if (slot_) slot_->watch(bit);
}

void WakeMarks::unwatch(std::uint32_t bit) {
    watched_.erase(bit);
    if (slot_) slot_->unwatch(bit);
}

std::vector<std::uint32_t> WakeMarks::take() { return slot_ ? slot_->take() : std::vector<std::uint32_t>{}; }

bool WakeMarks::renew(bool now) {
    const std::int64_t ms = coarse_ms();
    if (!now && renewed_ms_ != 0 && ms - renewed_ms_ < check_each_ms) return false;
    renewed_ms_ = ms;
    std::uint32_t own_slot = 0;
    const std::shared_ptr<WakeFile> file = this->file(now, own_slot);
    if (slot_ && slot_->file() == file) {
        if (slot_->usable()) return false;
        // Others may have open what is missing here: all begin anew.
        WakeFile::retire(index_root_, *file);
        this->file(true, own_slot);
    }
    const bool had_slot = slot_.has_value();
    set_own_slot(WakeFile::slot_count);
    slot_.reset();
    attach();
    if (had_slot) lost_ms_ = ms;
    return had_slot;
}

void WakeMarks::attach() {
    std::uint32_t own_slot = 0;
    const std::shared_ptr<WakeFile> file = this->file(false, own_slot);
    if (!file) return;
    Result<WakeSlot> slot = file->take_slot();
    if (!slot) {
        log::warning("changes of other processes are polled for", {{"error", slot.error().message()}});
        if (slot.error().code == ErrorCode::invalid) WakeFile::retire(index_root_, *file);
        return;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = slot->fd();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, slot->fd(), &event) != 0) return;
    slot_.emplace(std::move(*slot));
    set_own_slot(slot_->number());
    for (const std::uint32_t bit : watched_) slot_->watch(bit);
}

void WakeMarks::set_own_slot(std::uint32_t number) {
    const std::scoped_lock guard(mutex_);
    own_slot_ = slot_ && slot_->file() == file_ ? number : WakeFile::slot_count;
}

bool WakeMarks::is_told() const {
    return slot_ && slot_->usable() && (lost_ms_ == 0 || coarse_ms() - lost_ms_ > 2 * check_each_ms);
}

}  // namespace posthouse::storage
