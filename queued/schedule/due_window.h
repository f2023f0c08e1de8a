// The deferred messages that are due next. All the others stay on disk, where the queue's files tell when they are due.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "queued/schedule/time.h"

namespace posthouse::schedule {

/// The id of a message in the queue: the transaction's, 16 digits and letters (lib/base/random.h).
using MessageId = std::array<char, 16>;
/// Of exactly 16 bytes; nullopt for other texts.
std::optional<MessageId> message_id(std::string_view text);

/// At most `capacity` messages by the time when they are due. What has no room is forgotten, the latest first; then
/// the horizon tells from when on the disk knows of more, and a scan fetches it when it comes near. A message that was
/// taken or claimed is being worked on: scans that find its file pass over it until it is put back or forgotten.
class DueWindow {
  public:
    explicit DueWindow(std::size_t capacity);

    /// A scan of the disk begins: what it finds counts up to the end of time again.
    void begin_scan();
    /// A scan found the message, due at `due`. Passed over when it is here or being worked on, or past the horizon.
    void offer(const MessageId& id, TimePoint due);
    /// The scan has seen every file. (One that was broken off is begun again instead.)
    void end_scan();
    /// Every message that is due before this is here, or is being worked on. The beginning of time before the first
    /// scan.
    TimePoint horizon() const { return horizon_; }
    /// Time to scan: the horizon is nearer than `lead`.
    bool wants_scan(TimePoint now, Duration lead) const { return horizon_ < now + lead; }

    /// The one that is due first, if it is due: it is being worked on from now.
    std::optional<MessageId> take(TimePoint now);
    /// Begins to work on a message that has just come, or that somebody asked for, due or not. False: it is being
    /// worked on already.
    bool claim(const MessageId& id);
    /// When it is due, or was due when it was taken or claimed; the clock's beginning: it came as new. nullopt: it
    /// isn't here.
    std::optional<TimePoint> due(const MessageId& id) const;
    /// The work is done for now: due again at `due`.
    void put_back(const MessageId& id, TimePoint due);
    /// The message is gone, or rests until somebody releases it.
    void forget(const MessageId& id);

    /// When the first one is due; the end of time when there is none.
    TimePoint next_due();
    /// Waiting here.
    std::size_t waiting() const { return waiting_; }
    /// Taken or claimed.
    std::size_t working() const { return slots_.size() - free_.size() - waiting_ - stale_; }
    /// Of memory, all in all.
    std::size_t bytes() const;

  private:
    enum class State : std::uint8_t { waiting, working, stale };
    /// What is kept of a message.
    struct Slot {
        MessageId id;
        std::int64_t due : 56;  ///< milliseconds since 1970
        State state : 8;
    };
    static constexpr std::uint32_t kNone = 0xffffffff;

    std::size_t bucket(const MessageId& id) const;
    std::uint32_t find(const MessageId& id) const;
    std::uint32_t add(const MessageId& id, TimePoint due, State state);
    void insert_in_table(std::uint32_t slot);
    void erase_from_table(const MessageId& id);
    void grow_table();
    void push(std::uint32_t slot);
    void drop_stale_top();
    void make_stale(std::uint32_t slot);
    void wait(const MessageId& id, TimePoint due);
    void shrink();
    bool later(std::uint32_t a, std::uint32_t b) const { return slots_[a].due > slots_[b].due; }

    std::size_t capacity_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> heap_;   ///< slots, the first due on top; also stale ones
    std::vector<std::uint32_t> table_;  ///< slots by their id's hash, open addressing, at most half full
    std::size_t named_ = 0;             ///< in table_
    std::size_t waiting_ = 0;
    std::size_t stale_ = 0;  ///< no longer in table_, but still in heap_
    TimePoint horizon_ = TimePoint::min();
    TimePoint scan_horizon_ = TimePoint::max();
    bool scanning_ = false;
};

}  // namespace posthouse::schedule
