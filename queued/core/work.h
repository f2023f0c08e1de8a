// Work: a message that is being worked on, from the moment it is due until it is gone or rests again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/event.h"
#include "lib/net/pool.h"
#include "lib/transfer/source.h"
#include "queued/core/plan.h"
#include "queued/delivery/delivery.h"
#include "queued/schedule/due_window.h"
#include "queued/spool/entry.h"
#include "queued/spool/spool.h"

namespace posthouse::queued {

/// Of the loop's thread. The queue file is open, and so locked, only while somebody uses it: many more messages wait
/// for their turn than files may be open.
struct Work {
    enum class State { waiting, running, over };
    struct Part {
        Group group;
        State state = State::waiting;
        std::int64_t since = 0;  ///< running: seconds since 1970
        Standing standing{};     ///< running: where it is
    };

    Work(net::Loop& loop, schedule::MessageId message) : id(message), turn(loop, 1) {}
    std::string text() const { return {id.data(), id.size()}; }
    /// Every part has had its turn.
    bool over() const;
    /// A part is being delivered.
    bool running() const;
    /// Parts that wait have had their turn, without one. True: there were some.
    bool skip_waiting();
    /// That part which waits for this destination; null: none.
    Part* waiting_for(std::string_view destination);
    /// Parts that weren't tried are put off until then, at the latest.
    void put_off_until(std::int64_t time) { put_off = put_off == 0 ? time : std::min(put_off, time); }

    const schedule::MessageId id;
    Haste haste = Haste::due;
    bool closing = false;  ///< deliveries are over: it is about to rest, or to go
    bool asked = false;    ///< somebody wants it tried while it is being worked on: once more, at once
    spool::Place place{};
    std::optional<spool::Entry> entry{};  ///< while it is open
    net::Semaphore turn;                  ///< who holds it uses the entry
    std::vector<Part> parts{};
    std::int64_t put_off = 0;               ///< seconds since 1970; 0: nobody is
    std::vector<spool::Event> postponed{};  ///< of those that are put off
    bool gone = false;                      ///< the file is no longer where it was: somebody removed or moved it
};

/// Opens the message's entry when it isn't open; hold the turn. Errors: as Spool::open; `work.gone` is set when the
/// message isn't there any more. A message that somebody asked for (Haste::all) is looked for under all names; any
/// other that isn't where it was is somebody else's doing, and a scan finds it if it is anywhere: a million names
/// aren't read for a message that has just gone.
net::Async<Result<>> open_entry(Work& work, net::Pool& disk, spool::Spool& spool);

/// The content of an open entry, piece by piece.
class EntrySource final : public transfer::Source {
  public:
    EntrySource(Work& work, net::Pool& disk) : work_(work), disk_(disk) {}
    std::uint64_t size() const override { return work_.entry->message_bytes(); }
    net::Async<Result<std::string>> read(std::uint64_t offset) override;

  private:
    Work& work_;
    net::Pool& disk_;
};

}  // namespace posthouse::queued
