// Scanner: names of queue files on their way into the window.
#include "queued/core/scanner.h"

#include <algorithm>
#include <utility>

#include "lib/base/log.h"

namespace posthouse::queued {
namespace {

using schedule::TimePoint;
using spool::Folder;

/// Names that are read in one piece of work: some milliseconds.
constexpr std::size_t batch = 5000;
constexpr std::chrono::hours sweep_interval{1};
/// All folders are read so often even if nothing seems to ask for it.
constexpr std::chrono::minutes full_interval{10};
/// Folders are asked so often whether they have changed, or each queue_run_delay if that is shorter.
constexpr std::chrono::seconds look_interval{5};
/// A folder is read again after so many times as long as it took: a large one takes a fiftieth of a processor.
constexpr int pause_factor = 50;
/// A change so near to the one before may have the same time: clocks of file systems are coarse.
constexpr std::chrono::seconds coarse{1};
/// Those whose messages are counted.
constexpr std::array counted{Folder::incoming, Folder::deferred, Folder::hold};
/// After whom queued was told of.
constexpr std::chrono::seconds soon{1};
/// The window is filled so long before its horizon is reached.
constexpr std::chrono::minutes lead{2};

TimePoint now() { return std::chrono::time_point_cast<schedule::Duration>(std::chrono::system_clock::now()); }

}  // namespace

Scanner::Scanner(Parts& parts, Active& active) : parts_(parts), active_(active), wake_(parts.daemon.loop()) {}

net::Async<> Scanner::run(net::Event& stopping) {
    parts_.daemon.background().spawn(&Scanner::wake_at_end, this, &stopping);
    while (!stopping.cancelled()) {
        const auto time = net::Clock::now();
        if (time < next_) {
            const Result<> woken = co_await wake_.wait(net::Deadline{next_});
            (void)woken;  // it is time, or somebody has changed it, or the end
            continue;
        }
        next_ =
            time + std::min<std::chrono::milliseconds>(parts_.daemon.config()->queued.queue_run_delay, look_interval);
        const Result<> scanned = co_await scan_once(stopping);
        if (!scanned) log::error("cannot read the queue's folders", {{"error", scanned.error().message()}});
        if (std::chrono::steady_clock::now() - swept_ >= sweep_interval) co_await sweep();
    }
}

/// Wakes whoever naps when the daemon stops.
net::Async<> Scanner::wake_at_end(Scanner* scanner, net::Event* stopping) {
    while (!stopping->cancelled()) (void)co_await stopping->wait(net::Deadline::never());
    scanner->wake_.notify_all();
}

void Scanner::heard() {
    was_told_ = true;
    const auto at = net::Clock::now() + soon;
    if (next_ <= at) return;
    next_ = at;
    wake_.notify_all();
}

net::Async<Result<>> Scanner::scan_once(net::Event& stopping) {
    const bool is_old = std::chrono::steady_clock::now() - scanned_ >= full_interval;
    if (!has_scanned_ || is_old || active_.window().wants_scan(now(), lead)) {
        Result<> scanned = co_await scan_all(stopping);
        co_return scanned;
    }
    if (std::exchange(was_told_, false)) seen(Folder::incoming) = {};
    for (const Folder folder : counted) {
        Result<> looked = co_await scan_if_changed(folder, stopping);
        if (!looked) co_return looked;
    }
    co_return Result<>{};
}

/// What others put there is found, and the gauge is true again.
net::Async<Result<>> Scanner::scan_if_changed(Folder folder, net::Event& stopping) {
    if (net::Clock::now() < seen(folder).again) co_return Result<>{};
    const Result<std::int64_t> changed_at = co_await parts_.disk.run([&] { return parts_.spool.changed_at(folder); });
    if (!changed_at) co_return fail(changed_at.error());
    if (seen(folder).settled && seen(folder).changed_at == *changed_at) co_return Result<>{};
    Result<> scanned = co_await scan(folder, stopping);
    co_return scanned;
}

metrics::Gauge& Scanner::gauge_of(Folder folder) {
    if (folder == Folder::incoming) return parts_.counters.incoming;
    return folder == Folder::deferred ? parts_.counters.waiting : parts_.counters.held;
}

net::Async<Result<>> Scanner::scan_all(net::Event& stopping) {
    active_.window().begin_scan();
    for (const Folder folder : counted) {
        Result<> read = co_await scan(folder, stopping);
        if (!read || stopping.cancelled()) co_return read;
    }
    active_.window().end_scan();
    scanned_ = std::chrono::steady_clock::now();
    if (!std::exchange(has_scanned_, true))
        log::info("the queue has been read", {{"waiting", active_.window().waiting()}});
    active_.look_again();
    co_return Result<>{};
}

net::Async<Result<>> Scanner::scan(Folder folder, net::Event& stopping) {
    const auto began = net::Clock::now();
    const auto wall = std::chrono::system_clock::now().time_since_epoch() - coarse;
    const Result<std::int64_t> changed_at = co_await parts_.disk.run([&] { return parts_.spool.changed_at(folder); });
    if (!changed_at) co_return fail(changed_at.error());
    Result<spool::Scan> scan = co_await parts_.disk.run([&] { return parts_.spool.scan(folder); });
    if (!scan) co_return fail(scan.error());
    std::uint64_t messages = 0;
    while (!stopping.cancelled()) {
        const Result<std::vector<spool::Place>> places = co_await parts_.disk.run([&] { return scan->next(batch); });
        if (!places) co_return fail(places.error());
        if (places->empty()) break;
        messages += places->size();
        if (folder == Folder::hold) continue;
        for (const spool::Place& place : *places)
            if (const auto id = schedule::message_id(place.name.id))
                active_.window().offer(*id, TimePoint(std::chrono::seconds(place.name.due)));
        active_.look_again();
    }
    if (stopping.cancelled()) co_return Result<>{};
    gauge_of(folder).set(static_cast<double>(messages));
    if (scan->foreign() > 0 && !std::exchange(told_foreign_, true))
        log::warning("files in the queue that are none of its own are left alone",
                     {{"folder", to_string(folder)}, {"files", scan->foreign()}});
    const auto ended = net::Clock::now();
    seen(folder) = {.changed_at = *changed_at,
                    .settled = std::chrono::nanoseconds(*changed_at) < wall,
                    .again = ended + pause_factor * (ended - began)};
    co_return Result<>{};
}

net::Async<> Scanner::sweep() {
    swept_ = std::chrono::steady_clock::now();
    const Result<std::size_t> swept = co_await parts_.disk.run([&] { return parts_.spool.sweep(unix_now()); });
    if (!swept) log::error("cannot remove what broken-off deliveries left", {{"error", swept.error().message()}});
    if (swept && *swept > 0) log::info("removed what broken-off deliveries left", {{"files", *swept}});
}

}  // namespace posthouse::queued
