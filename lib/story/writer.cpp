// Events on their way from a daemon's loop to its segment.
#include "lib/story/writer.h"

#include <utility>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/story/telling.h"

namespace posthouse::story {
namespace {

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Writer::Writer(daemon::Daemon& daemon, Settings settings)
    : daemon_(daemon),
      settings_(settings),
      enabled_(daemon.config()->history.enabled),
      buffer_(settings.buffer_octets),
      file_(SegmentFile::settings_for(*daemon.config(), daemon.name())),
      told_(daemon.metrics().counter("posthouse_story_events_total", "Events told for the story of messages")),
      dropped_(daemon.metrics().counter("posthouse_story_dropped_total",
                                        "Events that were dropped, as they could not be written in time")),
      beyond_share_(daemon.metrics().counter("posthouse_story_beyond_share_total",
                                             "Refusals and connections that were not told, having taken their share")),
      pool_(daemon.loop(), 1),
      stopping_(daemon.loop()),
      scope_(daemon.loop()) {}

std::string Writer::line_of(Event event) const {
    if (event.time == 0) event.time = now();
    event.daemon = daemon_.name();
    return to_line(event);
}

void Writer::add(const std::string& line) {
    told_.add();
    if (!buffer_.add(line)) dropped_.add();
    if (!std::exchange(writing_, true)) scope_.spawn(&Writer::write_soon, this);
}

void Writer::tell(Event event) {
    if (enabled_) add(line_of(std::move(event)));
}

void Writer::tell_minor(Event event) {
    if (!enabled_) return;
    std::string line = line_of(std::move(event));
    if (beyond_ > 0) line.insert(0, line_of(lost(make_id(), beyond_, "refusals and connections beyond their share")));
    const config::Snapshot config = daemon_.config();
    const Share::Settings settings{
        static_cast<double>(config->history.size_limit) / static_cast<double>(settings_.processes),
        config->history.retention};
    if (!share_.take(line.size(), settings, std::chrono::steady_clock::now())) {
        beyond_share_.add();
        ++beyond_;
        return;
    }
    beyond_ = 0;
    add(line);
}

net::Async<> Writer::stop() {
    stopping_.cancel();
    co_await scope_.join();
}

/// Until nothing waits any more.
net::Async<> Writer::write_soon(Writer* writer) {
    bool more = true;
    while (more) {
        const auto pause = writer->failed_ ? writer->settings_.retry : writer->settings_.interval;
        const Result<> stop = co_await writer->stopping_.wait(net::Deadline::in(pause));
        const bool ending = !stop && stop.error().code == ErrorCode::cancelled;
        const bool written = co_await writer->write_once();
        more = !ending && (!written || writer->buffer_.bytes() > 0);
    }
    writer->writing_ = false;
}

std::string Writer::take_lines() {
    std::string lines = buffer_.take();
    const std::uint64_t dropped = buffer_.dropped() - dropped_told_;
    if (dropped == 0) return lines;
    dropped_told_ = buffer_.dropped();
    return lines + line_of(lost(make_id(), dropped));
}

net::Async<bool> Writer::write_once() {
    // What was not written last time comes first; the rest waits in the buffer, which has a bound.
    std::string lines = failed_ ? std::string() : take_lines();
    const Result<> written = co_await pool_.run([&] { return file_.append(std::move(lines)); });
    if (!written && !failed_)
        log::error("cannot write the story of messages, which waits, and is dropped when there is too much of it",
                   {{"reason", written.error().message()}});
    if (written && failed_) log::info("the story of messages is written again", {{"dropped", buffer_.dropped()}});
    failed_ = !written;
    co_return written.has_value();
}

}  // namespace posthouse::story
