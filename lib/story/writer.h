// Writer: where a daemon tells its events.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/daemon/daemon.h"
#include "lib/net/event.h"
#include "lib/net/pool.h"
#include "lib/net/scope.h"
#include "lib/story/event.h"
#include "lib/story/line_buffer.h"
#include "lib/story/segment_file.h"
#include "lib/story/share.h"

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
        std::int64_t processes = 1;  ///< of this daemon, which divide the share of tell_minor()
    };

    explicit Writer(daemon::Daemon& daemon) : Writer(daemon, Settings{}) {}
    Writer(daemon::Daemon& daemon, Settings settings);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Time and daemon are filled in.
    void tell(Event event);
    /// The same of what anybody can cause who sends nothing, such as a refused recipient: it has its share of the
    /// store, so that a flood of it doesn't push out the stories of messages. What goes beyond isn't told, and counted.
    void tell_minor(Event event);
    /// Writes what there is, if that is possible at once. For Application::stop; tell nothing afterwards.
    net::Async<> stop();
    /// Events that were dropped.
    std::uint64_t dropped() const { return buffer_.dropped(); }

  private:
    std::string line_of(Event event) const;
    void add(const std::string& line);
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
    metrics::Counter beyond_share_;
    std::uint64_t dropped_told_ = 0;
    Share share_;
    std::uint64_t beyond_ = 0;  ///< the share, and not told yet
    bool writing_ = false;
    bool failed_ = false;
    net::Pool pool_;
    net::Event stopping_;
    net::Scope scope_;
};

}  // namespace posthouse::story
