// Writer: where a daemon tells its events.
#pragma once

#include <chrono>
#include <cstdint>

#include "lib/daemon/daemon.h"
#include "lib/net/event.h"
#include "lib/net/pool.h"
#include "lib/net/scope.h"
#include "lib/story/event.h"
#include "lib/story/line_buffer.h"
#include "lib/story/segment_file.h"

namespace posthouse::story {

/// One for each process, used on its loop's thread. Events are lines in a bounded buffer at once, and on a thread of
/// its own in a file soon: the mail never waits for them. What has no room, because the disk is slow or full, is
/// dropped and counted; how many these were is told later as an event of its own. Does nothing when config
/// history.enabled is off.
class Writer {
  public:
    struct Settings {
        std::chrono::milliseconds interval{200};  ///< so long events gather at most
        std::chrono::milliseconds retry{1000};    ///< after a failure
        std::size_t buffer_octets = 8u << 20;
    };

    explicit Writer(daemon::Daemon& daemon) : Writer(daemon, Settings{}) {}
    Writer(daemon::Daemon& daemon, Settings settings);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Time and daemon are filled in.
    void tell(Event event);
    /// Writes what there is, if that is possible at once. For Application::stop; tell nothing afterwards.
    net::Async<> stop();
    /// Events that were dropped.
    std::uint64_t dropped() const { return buffer_.dropped(); }

  private:
    static net::Async<> write_soon(Writer* writer);
    net::Async<bool> write_once();
    std::string take_lines();

    daemon::Daemon& daemon_;
    const Settings settings_;
    const bool enabled_;
    LineBuffer buffer_;
    SegmentFile file_;  // of pool_'s thread
    metrics::Counter told_;
    metrics::Counter dropped_;
    std::uint64_t dropped_told_ = 0;
    bool writing_ = false;
    bool failed_ = false;
    net::Pool pool_;
    net::Event stopping_;
    net::Scope scope_;
};

}  // namespace posthouse::story
