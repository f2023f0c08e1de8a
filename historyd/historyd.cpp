// historyd: when to work, and what is to be known of it.
#include "historyd/historyd.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::history {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// So long events gather at least before they are indexed together.
constexpr seconds gathering{1};
/// After an error.
constexpr seconds pause_after_error{10};
/// Segments are looked for when nothing was told of them, too.
constexpr seconds rescan{30};
constexpr milliseconds tidy_interval = std::chrono::minutes(1);

std::string folder_of(const config::Config& config) { return config.general.state_folder + "/history"; }

std::int64_t now() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The calling thread reads and writes when nobody else wants to (ioprio_set(2); the C library has no wrapper).
void lower_io_priority() {
    constexpr int of_a_thread = 1;
    constexpr int idle_class = 3 << 13;
    ::syscall(SYS_ioprio_set, of_a_thread, 0, idle_class);
}

}  // namespace

Historyd::Metrics::Metrics(metrics::Registry& registry)
    : events(registry.counter("posthouse_history_events_total", "Events indexed")),
      lost(registry.counter("posthouse_history_lost_total", "Events that daemons say they had to drop")),
      damaged_lines(registry.counter("posthouse_history_damaged_lines_total", "Lines that were no events")),
      damaged_indexes(registry.counter("posthouse_history_damaged_indexes_total", "Index files that were put aside")),
      errors(registry.counter("posthouse_history_errors_total", "Times that indexing failed, to be tried again")),
      segments(registry.gauge("posthouse_history_segments", "Files into which daemons write, or have written")),
      waiting(registry.gauge("posthouse_history_waiting_bytes", "Bytes of events that are not indexed yet")),
      lag(registry.gauge("posthouse_history_lag_seconds",
                         "How old the events are that are indexed now; 0: nothing waits")),
      octets(registry.gauge("posthouse_history_bytes", "Bytes of the index")) {}

Historyd::Historyd(daemon::Daemon& daemon)
    : daemon_(daemon),
      indexer_(folder_of(*daemon.config())),
      metrics_(daemon.metrics()),
      pool_(daemon.loop(), 1, net::Pool::Priority::low) {}

net::Async<Result<>> Historyd::start() {
    const std::string incoming = folder_of(*daemon_.config()) + "/incoming";
    Result<FolderWatch> watch = co_await pool_.run([&incoming]() -> Result<FolderWatch> {
        lower_io_priority();
        if (Result<> made = make_folders(incoming); !made) return fail(made.error());
        return FolderWatch::open(incoming);
    });
    if (watch) {
        watch_ = std::move(*watch);
        changes_.emplace(daemon_.loop(), watch_->fd());
    } else {
        log::warning("cannot watch for events, looking from time to time", {{"reason", watch.error().message()}});
    }
    daemon_.background().spawn(&Historyd::keep_indexing, this);
    co_return Result<>{};
}

/// Nobody connects but to the control socket, which the frame serves.
net::Async<> Historyd::serve(daemon::Connection& /*connection*/) { co_return; }

net::Async<> Historyd::stop() {
    if (changes_) changes_->cancel();
    co_return;
}

net::Async<> Historyd::keep_indexing(Historyd* historyd) {
    while (!historyd->daemon_.stopping().cancelled()) {
        if (historyd->watch_) historyd->watch_->drain();
        const Result<Pass> pass = co_await historyd->pass();
        historyd->report(pass);
        if (!pass || !pass->more) co_await historyd->wait(!pass);
    }
}

net::Async<Result<Pass>> Historyd::pass() {
    const config::Snapshot config = daemon_.config();
    const Index::Limits limits{.retention = config->history.retention, .octets = config->history.size_limit};
    const std::int64_t time = now();
    const bool tidy = time - tidied_ >= tidy_interval.count() || time < tidied_;
    Result<Pass> pass = co_await pool_.run([&]() -> Result<Pass> {
        // First what makes room.
        if (tidy) {
            if (Result<> tidied = indexer_.tidy(limits, time); !tidied) return fail(tidied.error());
        }
        return indexer_.pass();
    });
    if (tidy && pass) tidied_ = time;
    co_return pass;
}

void Historyd::report(const Result<Pass>& pass) {
    if (const std::uint64_t damaged = indexer_.index().damaged(); damaged != damaged_)
        metrics_.damaged_indexes.add(static_cast<double>(damaged - std::exchange(damaged_, damaged)));
    metrics_.octets.set(static_cast<double>(indexer_.index().octets()));
    if (!pass) {
        metrics_.errors.add();
        if (!error_) log::error("cannot index the story of messages, it waits", {{"reason", pass.error().message()}});
        error_ = pass.error();
        return;
    }
    if (std::exchange(error_, std::nullopt)) log::info("the story of messages is indexed again");
    if (pass->damaged_lines > 0)
        log::warning("lines of the story are no events, and passed over", {{"lines", pass->damaged_lines}});
    if (pass->lost > 0) log::warning("daemons had to drop events of the story", {{"events", pass->lost}});
    metrics_.events.add(static_cast<double>(pass->events));
    metrics_.lost.add(static_cast<double>(pass->lost));
    metrics_.damaged_lines.add(static_cast<double>(pass->damaged_lines));
    metrics_.segments.set(static_cast<double>(pass->segments));
    metrics_.waiting.set(static_cast<double>(pass->waiting));
    const std::int64_t lag = pass->more && pass->latest > 0 ? now() - pass->latest : 0;
    metrics_.lag.set(static_cast<double>(lag) / 1000);
}

/// Until there is something to do, or the daemon stops.
net::Async<> Historyd::wait(bool failed) {
    if (changes_ && !failed) {
        const Result<> changed = co_await changes_->wait(net::Direction::read, net::Deadline::in(rescan));
        if (!changed) co_return;
    }
    const auto pause = failed ? pause_after_error : gathering;
    const Result<> stop = co_await daemon_.stopping().wait(net::Deadline::in(pause));
    (void)stop;  // whether it stops is looked at in any case
}

daemon::Spec spec() {
    return {.name = "historyd",
            .services = {},
            .connections = [](const config::Config& /*config*/) { return std::size_t{1}; },
            .create = [](daemon::Daemon& daemon) { return std::make_unique<Historyd>(daemon); }};
}

}  // namespace posthouse::history
