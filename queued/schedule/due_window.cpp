// The deferred messages that are due next.
#include "queued/schedule/due_window.h"

#include <algorithm>
#include <cstring>

namespace posthouse::schedule {
namespace {

/// Fits into a slot, from the year 1970 on; what is past the ends is at the ends.
std::int64_t stored(TimePoint due) {
    constexpr std::int64_t last = (std::int64_t{1} << 54U) - 1;
    return std::clamp<std::int64_t>(due.time_since_epoch().count(), 0, last);
}

}  // namespace

std::optional<MessageId> message_id(std::string_view text) {
    MessageId id{};
    if (text.size() != id.size()) return std::nullopt;
    std::ranges::copy(text, id.begin());
    return id;
}

DueWindow::DueWindow(std::size_t capacity) : capacity_(std::max<std::size_t>(2, capacity)), table_(64, kNone) {}

std::size_t DueWindow::bucket(const MessageId& id) const {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, id.data(), 8);
    std::memcpy(&b, id.data() + 8, 8);
    std::uint64_t hash = (a ^ (b * 0x9e3779b97f4a7c15U)) * 0xbf58476d1ce4e5b9U;
    hash ^= hash >> 32U;
    hash *= 0x94d049bb133111ebU;
    return (hash >> 20U) & (table_.size() - 1);
}

std::uint32_t DueWindow::find(const MessageId& id) const {
    for (std::size_t at = bucket(id); table_[at] != kNone; at = (at + 1) & (table_.size() - 1)) {
        if (slots_[table_[at]].id == id) return table_[at];
    }
    return kNone;
}

void DueWindow::insert_in_table(std::uint32_t slot) {
    std::size_t at = bucket(slots_[slot].id);
    while (table_[at] != kNone) at = (at + 1) & (table_.size() - 1);
    table_[at] = slot;
}

void DueWindow::grow_table() {
    std::vector<std::uint32_t> old(table_.size() * 2, kNone);
    std::swap(old, table_);
    for (const std::uint32_t slot : old) {
        if (slot != kNone) insert_in_table(slot);
    }
}

void DueWindow::erase_from_table(const MessageId& id) {
    const std::size_t mask = table_.size() - 1;
    std::size_t hole = bucket(id);
    while (slots_[table_[hole]].id != id) hole = (hole + 1) & mask;
    // What stands behind the hole moves into it, unless that would be before its own bucket.
    for (std::size_t at = (hole + 1) & mask; table_[at] != kNone; at = (at + 1) & mask) {
        const std::size_t home = bucket(slots_[table_[at]].id);
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        table_[hole] = table_[at];
        hole = at;
    }
    table_[hole] = kNone;
    --named_;
}

std::uint32_t DueWindow::add(const MessageId& id, TimePoint due, State state) {
    if ((named_ + 1) * 2 > table_.size()) grow_table();
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    slots_[slot].id = id;
    slots_[slot].due = stored(due);
    slots_[slot].state = state;
    insert_in_table(slot);
    ++named_;
    return slot;
}

void DueWindow::push(std::uint32_t slot) {
    heap_.push_back(slot);
    std::ranges::push_heap(heap_, [this](std::uint32_t a, std::uint32_t b) { return later(a, b); });
}

void DueWindow::drop_stale_top() {
    while (!heap_.empty() && slots_[heap_.front()].state == State::stale) {
        std::ranges::pop_heap(heap_, [this](std::uint32_t a, std::uint32_t b) { return later(a, b); });
        free_.push_back(heap_.back());
        heap_.pop_back();
        --stale_;
    }
}

/// A waiting slot waits no longer: it goes from the heap when it comes to the top, or when there are too many of them.
void DueWindow::make_stale(std::uint32_t slot) {
    erase_from_table(slots_[slot].id);
    slots_[slot].state = State::stale;
    --waiting_;
    ++stale_;
    if (stale_ <= waiting_ + 64) return;
    std::erase_if(heap_, [this](std::uint32_t other) {
        if (slots_[other].state != State::stale) return false;
        free_.push_back(other);
        return true;
    });
    stale_ = 0;
    std::ranges::make_heap(heap_, [this](std::uint32_t a, std::uint32_t b) { return later(a, b); });
}

/// Over the capacity: the half that is due first stays. So each message costs little, however many are offered.
void DueWindow::shrink() {
    if (waiting_ <= capacity_) return;
    std::erase_if(heap_, [this](std::uint32_t slot) {
        if (slots_[slot].state != State::stale) return false;
        free_.push_back(slot);
        return true;
    });
    stale_ = 0;
    const std::size_t keep = std::max<std::size_t>(1, capacity_ / 2);
    std::ranges::nth_element(heap_, heap_.begin() + static_cast<std::ptrdiff_t>(keep),
                             [this](std::uint32_t a, std::uint32_t b) { return later(b, a); });
    const TimePoint from{Duration(slots_[heap_[keep]].due)};
    for (std::size_t i = keep; i < heap_.size(); ++i) {
        erase_from_table(slots_[heap_[i]].id);
        free_.push_back(heap_[i]);
        --waiting_;
    }
    heap_.resize(keep);
    std::ranges::make_heap(heap_, [this](std::uint32_t a, std::uint32_t b) { return later(a, b); });
    horizon_ = std::min(horizon_, from);
    scan_horizon_ = std::min(scan_horizon_, from);
}

void DueWindow::wait(const MessageId& id, TimePoint due) {
    // Beyond the horizon the disk remembers it.
    const TimePoint end = scanning_ ? std::max(horizon_, scan_horizon_) : horizon_;
    if (due >= end) return;
    push(add(id, due, State::waiting));
    ++waiting_;
    shrink();
}

void DueWindow::begin_scan() {
    scanning_ = true;
    scan_horizon_ = TimePoint::max();
}

void DueWindow::offer(const MessageId& id, TimePoint due) {
    if (find(id) == kNone) wait(id, due);
}

void DueWindow::end_scan() {
    if (!scanning_) return;
    scanning_ = false;
    horizon_ = scan_horizon_;
}

std::optional<MessageId> DueWindow::take(TimePoint now) {
    drop_stale_top();
    if (heap_.empty() || slots_[heap_.front()].due > stored(now)) return std::nullopt;
    std::ranges::pop_heap(heap_, [this](std::uint32_t a, std::uint32_t b) { return later(a, b); });
    Slot& slot = slots_[heap_.back()];
    heap_.pop_back();
    slot.state = State::working;
    --waiting_;
    return slot.id;
}

bool DueWindow::claim(const MessageId& id) {
    const std::uint32_t slot = find(id);
    if (slot != kNone && slots_[slot].state == State::working) return false;
    const TimePoint known = due(id).value_or(TimePoint());
    if (slot != kNone) make_stale(slot);
    add(id, known, State::working);
    return true;
}

std::optional<TimePoint> DueWindow::due(const MessageId& id) const {
    const std::uint32_t slot = find(id);
    if (slot == kNone) return std::nullopt;
    return TimePoint(Duration(slots_[slot].due));
}

void DueWindow::put_back(const MessageId& id, TimePoint due) {
    forget(id);
    wait(id, due);
}

void DueWindow::forget(const MessageId& id) {
    const std::uint32_t slot = find(id);
    if (slot == kNone) return;
    if (slots_[slot].state == State::waiting) return make_stale(slot);
    erase_from_table(id);
    free_.push_back(slot);
}

TimePoint DueWindow::next_due() {
    drop_stale_top();
    return heap_.empty() ? TimePoint::max() : TimePoint(Duration(slots_[heap_.front()].due));
}

std::size_t DueWindow::bytes() const {
    return sizeof *this + slots_.capacity() * sizeof(Slot) +
           (free_.capacity() + heap_.capacity() + table_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace posthouse::schedule
