// guardd: sessions, snapshots and metrics around the counts.
#include "guardd/guardd.h"

#include <chrono>
#include <utility>

#include "guardd/snapshot.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/daemon/policy_requests.h"

namespace posthouse::guard {
namespace {

constexpr std::size_t max_snapshot_octets = 512u << 20;  // 800,000 entries of the longest names

Time steady_now() { return std::chrono::duration_cast<Time>(std::chrono::steady_clock::now().time_since_epoch()); }

std::chrono::milliseconds wall_now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

Rules rules_of(const config::Config& config) {
    const auto& guard = config.guard;
    Rules rules;
    rules.connections_per_address = static_cast<std::uint64_t>(guard.connections_per_address);
    for (const std::string& text : guard.trusted_networks)
        if (Result<net::Network> network = net::Network::parse(text)) rules.trusted_networks.push_back(*network);
    rules.penalties.free_failures = static_cast<unsigned>(guard.free_failures);
    rules.penalties.first_delay = guard.failure_delay;
    rules.penalties.network_limit = guard.network_delay_limit;
    rules.penalties.account_limit = guard.account_delay_limit;
    rules.penalties.half_life = guard.failure_half_life;
    rules.penalties.entries = static_cast<std::size_t>(guard.entries);
    return rules;
}

}  // namespace

Guardd::Counters::Counters(metrics::Registry& registry)
    : requests(registry.counter("posthouse_guard_requests_total", "Questions answered")),
      refused(registry.counter("posthouse_guard_refused_total", "Connections refused: too many from one address")),
      failures(registry.counter("posthouse_guard_failures_total", "Failed log-ins that daemons reported")),
      delayed(
          registry.counter("posthouse_guard_delayed_total", "Log-ins whose answer is delayed for earlier failures")),
      malformed(registry.counter("posthouse_guard_malformed_total", "Connections closed for a malformed request")),
      snapshot_errors(registry.counter("posthouse_guard_snapshot_errors_total", "Snapshots that could not be saved")),
      connections(registry.gauge("posthouse_guard_connections", "Connections of clients counted now")),
      networks(registry.gauge("posthouse_guard_networks", "Networks with failed log-ins that are remembered")),
      accounts(registry.gauge("posthouse_guard_accounts", "Accounts with failed log-ins that are remembered")) {}

Guardd::Guardd(daemon::Daemon& daemon)
    : daemon_(daemon),
      pool_(daemon.loop(), 1),
      answers_(rules_of(*daemon.config()), steady_now),
      counters_(daemon.metrics()) {}

net::Async<Result<>> Guardd::start() {
    const std::string path = snapshot_path();
    const Result<std::string> file = co_await pool_.run([&path] { return read_file(path, max_snapshot_octets); });
    load_snapshot(file);
    daemon_.background().spawn(&Guardd::keep_snapshots, this);
    co_return Result<>{};
}

net::Async<> Guardd::serve(daemon::Connection& connection) {
    const ConnectionCounts::Owner owner = ++last_owner_;
    for (;;) {
        Result<std::optional<policy::Request>> request = co_await daemon::read_policy_request(connection.stream);
        if (!request) {
            const Error& error = request.error();
            if (error.code == ErrorCode::invalid || error.code == ErrorCode::limit) {
                counters_.malformed.add();
                connection.log.warning("malformed request", {{"reason", error.message()}});
            }
            break;
        }
        if (!*request) break;
        const policy::Reply reply = answers_.answer(owner, **request);
        count(**request, reply);
        Result<> written = co_await daemon::write_policy_reply(connection.stream, reply);
        if (!written) break;
    }
    answers_.forget(owner);
    counters_.connections.set(static_cast<double>(answers_.connections().total()));
}

void Guardd::reloaded() { answers_.set(rules_of(*daemon_.config())); }

void Guardd::count(const policy::Request& request, const policy::Reply& reply) {
    counters_.requests.add();
    if (reply.action.starts_with("REJECT") || reply.action.starts_with("DEFER")) {
        counters_.refused.add();
        log::debug("too many connections",
                   {{"client", request.get("client_address")}, {"service", request.get("service")}});
    }
    if (request.get("request") == name_of(Question::failure)) counters_.failures.add();
    if (to_delay(reply.action).value_or(std::chrono::milliseconds(0)).count() > 0) counters_.delayed.add();
    counters_.connections.set(static_cast<double>(answers_.connections().total()));
    counters_.networks.set(static_cast<double>(answers_.penalties().networks()));
    counters_.accounts.set(static_cast<double>(answers_.penalties().accounts()));
}

std::string Guardd::snapshot_path() const { return daemon_.config()->general.state_folder + "/guard.json"; }

void Guardd::load_snapshot(const Result<std::string>& file) {
    if (!file) {
        if (file.error().code != ErrorCode::not_found)
            log::warning("cannot read the snapshot, starting without", {{"reason", file.error().message()}});
        return;
    }
    Result<SnapshotFile> snapshot = parse_snapshot(*file);
    if (!snapshot) {
        log::warning("the snapshot is damaged, starting without",
                     {{"path", snapshot_path()}, {"reason", snapshot.error().message()}});
        return;
    }
    answers_.penalties().restore(snapshot->penalties, wall_now() - snapshot->taken_at);
    log::info("snapshot loaded", {{"networks", snapshot->penalties.networks.size()}});
}

net::Async<> Guardd::keep_snapshots(Guardd* guardd) {
    bool stopping = false;
    while (!stopping) {
        const auto interval = guardd->daemon_.config()->guard.snapshot_interval;
        Result<> stop = co_await guardd->daemon_.stopping().wait(net::Deadline::in(interval));
        stopping = stop || stop.error().code != ErrorCode::timeout;
        if (guardd->answers_.penalties().changes() != guardd->saved_changes_) co_await guardd->save_snapshot();
    }
}

net::Async<> Guardd::save_snapshot() {
    const std::uint64_t changes = answers_.penalties().changes();
    const SnapshotFile snapshot{wall_now(), answers_.penalties().snapshot()};
    const std::string path = snapshot_path();
    Result<> saved = co_await pool_.run([&] { return write_file_durably(path, to_json(snapshot)); });
    if (saved) {
        saved_changes_ = changes;
        save_failed_ = false;
        co_return;
    }
    counters_.snapshot_errors.add();
    if (!std::exchange(save_failed_, true))
        log::error("cannot save the snapshot", {{"path", path}, {"reason", saved.error().message()}});
}

int run_guardd(int argc, char** argv) {
    daemon::Spec spec;
    spec.name = "guardd";
    spec.services = {{"guard", daemon::Transport::plain}};
    spec.connections = [](const config::Config& config) { return static_cast<std::size_t>(config.guard.clients); };
    spec.create = [](daemon::Daemon& daemon) { return std::make_unique<Guardd>(daemon); };
    return daemon::run_daemon(argc, argv, spec);
}

}  // namespace posthouse::guard
