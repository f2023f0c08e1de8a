// Scanner: names of queue files on their way into the window.
#include "queued/core/scanner.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
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

template <typename T>
auto& of(T& by_folder, Folder folder) {
    return by_folder[static_cast<std::size_t>(folder)];
}

std::uint64_t hash_of(const schedule::MessageId& id) {
    return std::hash<std::string_view>()(std::string_view(id.data(), id.size()));
}

template <typename Name>
std::vector<std::uint64_t> hashes_of(const std::vector<Name>& names) {
    std::vector<std::uint64_t> hashes;
    hashes.reserve(names.size());
    for (const Name& name : names) hashes.push_back(hash_of(name.id));
    std::ranges::sort(hashes);
    return hashes;
}

/// Those that occur twice, in order.
std::vector<std::uint64_t> twice(std::span<const std::vector<std::uint64_t>> sorted) {
    std::vector<std::uint64_t> all;
    std::vector<std::uint64_t> merged;
    std::vector<std::uint64_t> found;
    for (const std::vector<std::uint64_t>& some : sorted) {
        merged.clear();
        std::ranges::merge(all, some, std::back_inserter(merged));
        all.swap(merged);
    }
    for (std::size_t i = 1; i < all.size(); ++i)
        if (all[i] == all[i - 1]) found.push_back(all[i]);
    return found;
}

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
    Result<> scanned = co_await scan(std::span(&folder, 1), stopping);
    co_return scanned;
}

metrics::Gauge& Scanner::gauge_of(Folder folder) {
    if (folder == Folder::incoming) return parts_.counters.incoming;
    return folder == Folder::deferred ? parts_.counters.waiting : parts_.counters.held;
}

net::Async<Result<>> Scanner::scan_all(net::Event& stopping) {
    active_.window().begin_scan();
    Result<> scanned = co_await scan(counted, stopping);
    if (!scanned || stopping.cancelled()) co_return scanned;
    active_.window().end_scan();
    scanned_ = std::chrono::steady_clock::now();
    if (!std::exchange(has_scanned_, true))
        log::info("the queue has been read", {{"waiting", active_.window().waiting()}});
    active_.look_again();
    co_return Result<>{};
}

net::Async<Result<>> Scanner::scan(std::span<const Folder> folders, net::Event& stopping) {
    Names names;
    for (const Folder folder : folders) {
        Result<> done = co_await read(folder, names, stopping);
        if (!done || stopping.cancelled()) co_return done;
    }
    Result<> found = co_await find_doubles(folders, names);
    if (!found) {
        for (const Folder folder : folders) seen(folder) = {};
        co_return found;
    }
    for (const Folder folder : folders)
        if (folder != Folder::hold) co_await offer(of(names, folder), stopping);
    co_return Result<>{};
}

net::Async<Result<>> Scanner::read(Folder folder, Names& names, net::Event& stopping) {
    const auto began = net::Clock::now();
    const auto wall = std::chrono::system_clock::now().time_since_epoch() - coarse;
    const Result<std::int64_t> changed_at = co_await parts_.disk.run([&] { return parts_.spool.changed_at(folder); });
    if (!changed_at) co_return fail(changed_at.error());
    Result<spool::Scan> scan = co_await parts_.disk.run([&] { return parts_.spool.scan(folder); });
    if (!scan) co_return fail(scan.error());
    std::vector<Name>& all = of(names, folder);
    while (!stopping.cancelled()) {
        const Result<std::vector<spool::Place>> places = co_await parts_.disk.run([&] { return scan->next(batch); });
        if (!places) co_return fail(places.error());
        if (places->empty()) break;
        for (const spool::Place& place : *places)
            if (const auto id = schedule::message_id(place.name.id)) all.push_back({*id, place.name.due});
    }
    if (stopping.cancelled()) co_return Result<>{};
    gauge_of(folder).set(static_cast<double>(all.size()));
    if (scan->foreign() > 0 && !std::exchange(told_foreign_, true))
        log::warning("files in the queue that are none of its own are left alone",
                     {{"folder", to_string(folder)}, {"files", scan->foreign()}});
    const auto ended = net::Clock::now();
    seen(folder) = {.changed_at = *changed_at,
                    .settled = std::chrono::nanoseconds(*changed_at) < wall,
                    .again = ended + pause_factor * (ended - began)};
    co_return Result<>{};
}

/// Messages go from folder to folder meanwhile, so what looks like two files is looked for once more by its id.
net::Async<Result<>> Scanner::find_doubles(std::span<const Folder> folders, const Names& names) {
    using Doubles = std::map<std::string, std::vector<spool::Place>>;
    Result<Doubles> doubles = co_await parts_.disk.run([&]() -> Result<Doubles> {
        for (const Folder folder : folders) of(ids_, folder) = hashes_of(of(names, folder));
        const std::vector<std::uint64_t> hashes = twice(ids_);
        if (hashes.empty()) return Doubles();
        std::set<std::string> suspected;
        for (const Folder folder : folders)
            for (const Name& name : of(names, folder))
                if (std::ranges::binary_search(hashes, hash_of(name.id)))
                    suspected.emplace(name.id.data(), name.id.size());
        return parts_.spool.doubles(suspected);
    });
    if (!doubles) co_return fail(doubles.error());
    for (auto& [id, places] : *doubles) active_.has_doubles(id, std::move(places));
    co_return Result<>{};
}

net::Async<> Scanner::offer(const std::vector<Name>& names, net::Event& stopping) {
    for (std::size_t i = 0; i < names.size() && !stopping.cancelled(); ++i) {
        active_.window().offer(names[i].id, TimePoint(std::chrono::seconds(names[i].due)));
        if ((i + 1) % batch != 0) continue;
        active_.look_again();
        co_await parts_.daemon.loop().yield();
    }
    active_.look_again();
}

net::Async<> Scanner::sweep() {
    swept_ = std::chrono::steady_clock::now();
    const Result<std::size_t> swept = co_await parts_.disk.run([&] { return parts_.spool.sweep(unix_now()); });
    if (!swept) log::error("cannot remove what broken-off deliveries left", {{"error", swept.error().message()}});
    if (swept && *swept > 0) log::info("removed what broken-off deliveries left", {{"files", *swept}});
}

}  // namespace posthouse::queued
