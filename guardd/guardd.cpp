// guardd: sessions, snapshots, the journal and metrics around the counts.
#include "guardd/guardd.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "guardd/rate_limits.h"
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

std::vector<net::Network> networks_of(const std::vector<std::string>& texts) {
    std::vector<net::Network> networks;
    for (const std::string& text : texts)
        if (Result<net::Network> network = net::Network::parse(text)) networks.push_back(*network);
    return networks;
}

/// Root, and the user that guardd runs as, are administrators.
Asker asker_at(const net::Stream& stream) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(stream.fd(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return Asker::client;
    return peer.uid == 0 || peer.uid == ::geteuid() ? Asker::administrator : Asker::client;
}

Rules rules_of(const config::Config& config) {
    const auto& guard = config.guard;
    Rules rules;
    rules.connections_per_address = static_cast<std::uint64_t>(guard.connections_per_address);
    rules.trusted_networks = networks_of(guard.trusted_networks);
    rules.allowed_networks = networks_of(guard.allowed_networks);
    rules.sizes = {static_cast<unsigned>(guard.ipv4_prefix), static_cast<unsigned>(guard.ipv6_prefix)};
    rules.network_failures = static_cast<unsigned>(guard.network_ban_failures);
    rules.account_failures = static_cast<unsigned>(guard.account_ban_failures);
    rules.bans = {guard.ban_time, guard.ban_time_limit, static_cast<std::size_t>(guard.entries)};
    rules.rates.limits = rate_limits_of(config.smtpd);
    rules.rates.entries = static_cast<std::size_t>(guard.entries);
    rules.penalties.free_failures = static_cast<unsigned>(guard.free_failures);
    rules.penalties.first_delay = guard.failure_delay;
    rules.penalties.network_limit = guard.network_delay_limit;
    rules.penalties.account_limit = guard.account_delay_limit;
    rules.penalties.half_life = guard.failure_half_life;
    rules.penalties.entries = static_cast<std::size_t>(guard.entries);
    rules.penalties.most_failures =
        std::max({rules.penalties.most_failures, static_cast<double>(rules.network_failures),
                  static_cast<double>(rules.account_failures)});
    return rules;
}

}  // namespace

Guardd::Counters::Counters(metrics::Registry& registry)
    : requests(registry.counter("posthouse_guard_requests_total", "Questions answered")),
      refused(registry.counter("posthouse_guard_refused_total", "Connections refused: too many, or banned")),
      failures(registry.counter("posthouse_guard_failures_total", "Failed log-ins that daemons reported")),
      delayed(
          registry.counter("posthouse_guard_delayed_total", "Log-ins whose answer is delayed for earlier failures")),
      refused_logins(registry.counter("posthouse_guard_refused_logins_total", "Log-ins refused because of a ban")),
      limited(registry.counter("posthouse_guard_limited_total", "Messages refused because of a limit")),
      malformed(registry.counter("posthouse_guard_malformed_total", "Connections closed for a malformed request")),
      snapshot_errors(registry.counter("posthouse_guard_snapshot_errors_total", "Snapshots that could not be saved")),
      journal_errors(
          registry.counter("posthouse_guard_journal_errors_total", "Times the journal could not be written")),
      connections(registry.gauge("posthouse_guard_connections", "Connections of clients counted now")),
      networks(registry.gauge("posthouse_guard_networks", "Networks with failed log-ins that are remembered")),
      accounts(registry.gauge("posthouse_guard_accounts", "Accounts with failed log-ins that are remembered")),
      bans(registry.gauge("posthouse_guard_bans", "Bans, by hand and for failures")),
      rates(registry.gauge("posthouse_guard_rates", "Clients, users and domains whose mail is counted")) {}

Guardd::Guardd(daemon::Daemon& daemon)
    : daemon_(daemon),
      snapshot_pool_(daemon.loop(), 1),
      journal_pool_(daemon.loop(), 1),
      answers_(rules_of(*daemon.config()), {steady_now, wall_now}),
      journal_(daemon.config()->general.state_folder + "/guard.journal"),
      counters_(daemon.metrics()) {}

net::Async<Result<>> Guardd::start() {
    const std::string path = snapshot_path();
    const Result<std::string> file =
        co_await snapshot_pool_.run([&path] { return read_file(path, max_snapshot_octets); });
    load_snapshot(file);
    const Result<std::vector<Event>> events = co_await journal_pool_.run([this] { return journal_.read(); });
    replay(events);
    journal_open_ = true;
    daemon_.background().spawn(&Guardd::keep_snapshots, this);
    co_return Result<>{};
}

net::Async<Answer> Guardd::answer(Asker asker, ConnectionCounts::Owner owner, const policy::Request& request) {
    Answer answer = answers_.answer(asker, owner, request);
    note_events();
    if (answer.outcome != Outcome::changed) co_return answer;
    if (request.get("request") == name_of(Question::reset))
        log::info("rate reset by hand", {{"kind", request.get("kind")}, {"name", request.get("name")}});
    else
        log::info("bans changed by hand", {{"request", request.get("request")},
                                           {"network", request.get("client_network")},
                                           {"account", request.get("sasl_username")},
                                           {"reason", request.get("reason")}});
    const Result<> synced = co_await sync_journal();
    if (!synced) answer.reply = {"REJECT It holds for now, but could not be saved: " + synced.error().text};
    co_return answer;
}

void Guardd::note_events() {
    for (const LimitMet& met : answers_.take_limits_met())
        log::warning("limit reached", {{"kind", name_of(met.subject.kind)},
                                       {"name", met.subject.name},
                                       {"of", name_of(met.measure)},
                                       {"limit", met.limit},
                                       {"in", facts_of(met.period).name}});
    for (const Event& event : answers_.take_events()) {
        if (event.kind == EventKind::ban && !event.ban.by_hand)
            log::warning("banned", {{"network", event.ban.subject.network},
                                    {"account", event.ban.subject.account},
                                    {"seconds", (*event.ban.until - event.ban.since).count() / 1000},
                                    {"reason", event.ban.reason}});
        if (!journal_open_) continue;
        std::string line = to_line(event);
        // More waits only behind a disk that hangs; the next snapshot holds it.
        if (waiting_.size() + line.size() <= Journal::max_octets) waiting_ += line;
    }
    if (!waiting_.empty() && !std::exchange(writing_, true)) daemon_.background().spawn(&Guardd::write_journal, this);
}

net::Async<> Guardd::write_journal(Guardd* guardd) {
    while (!guardd->waiting_.empty()) co_await guardd->write_waiting();
    guardd->writing_ = false;
}

net::Async<> Guardd::write_waiting() {
    const std::string lines = std::exchange(waiting_, {});
    if (lines.empty()) co_return;
    const Result<> written = co_await journal_pool_.run([&] { return journal_.append(lines); });
    if (written) {
        journal_failed_ = false;
        co_return;
    }
    counters_.journal_errors.add();
    if (!std::exchange(journal_failed_, true))
        log::error("cannot write the journal", {{"reason", written.error().message()}});
}

net::Async<Result<>> Guardd::sync_journal() {
    if (!journal_open_) co_return Result<>{};
    co_await write_waiting();
    // Behind all writing that had begun: the pool has one thread.
    const Result<> synced = co_await journal_pool_.run([this] { return journal_.sync(); });
    if (synced && journal_failed_) co_return fail(ErrorCode::io, "the journal cannot be written");
    co_return synced;
}

net::Async<> Guardd::serve(daemon::Connection& connection) {
    const ConnectionCounts::Owner owner = ++last_owner_;
    const Asker asker = asker_at(connection.stream);
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
        const Answer given = co_await answer(asker, owner, **request);
        count(given.outcome);
        if (given.outcome == Outcome::refused)
            log::debug("connection refused", {{"client", (*request)->get("client_address")},
                                              {"service", (*request)->get("service")},
                                              {"action", given.reply.action}});
        Result<> written = co_await daemon::write_policy_reply(connection.stream, given.reply);
        if (!written) break;
    }
    answers_.forget(owner);
    counters_.connections.set(static_cast<double>(answers_.connections().total()));
}

void Guardd::reloaded() { answers_.set(rules_of(*daemon_.config())); }

void Guardd::count(Outcome outcome) {
    counters_.requests.add();
    switch (outcome) {
        case Outcome::told:
        case Outcome::changed:
        case Outcome::denied: break;
        case Outcome::refused: counters_.refused.add(); break;
        case Outcome::limited: counters_.limited.add(); break;
        case Outcome::failed_login: counters_.failures.add(); break;
        case Outcome::delayed_login: counters_.delayed.add(); break;
        case Outcome::refused_login: counters_.refused_logins.add(); break;
    }
    counters_.connections.set(static_cast<double>(answers_.connections().total()));
    counters_.networks.set(static_cast<double>(answers_.penalties().networks()));
    counters_.accounts.set(static_cast<double>(answers_.penalties().accounts()));
    counters_.bans.set(static_cast<double>(answers_.bans().size()));
    counters_.rates.set(static_cast<double>(answers_.rates()));
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
    for (const std::string& part : snapshot->damage)
        log::warning("a part of the snapshot is damaged, starting without it",
                     {{"path", snapshot_path()}, {"part", part}});
    answers_.restore(*snapshot);
    saved_events_ = answers_.last_event();
    log::info("snapshot loaded", {{"networks", snapshot->penalties.networks.size()}, {"bans", snapshot->bans.size()}});
}

void Guardd::replay(const Result<std::vector<Event>>& events) {
    if (!events) {
        log::warning("cannot read the journal, starting without", {{"reason", events.error().message()}});
        return;
    }
    for (const Event& event : *events) answers_.replay(event);
    if (answers_.last_event() != saved_events_)
        log::info("journal replayed", {{"events", answers_.last_event() - saved_events_}});
}

net::Async<> Guardd::keep_snapshots(Guardd* guardd) {
    bool stopping = false;
    while (!stopping) {
        const auto interval = guardd->daemon_.config()->guard.snapshot_interval;
        Result<> stop = co_await guardd->daemon_.stopping().wait(net::Deadline::in(interval));
        stopping = stop || stop.error().code != ErrorCode::timeout;
        if (guardd->answers_.last_event() != guardd->saved_events_) co_await guardd->save_snapshot();
    }
}

net::Async<> Guardd::save_snapshot() {
    // First the journal is turned over: whatever its old file holds by then is in the snapshot.
    co_await journal_pool_.run([this] {
        journal_.turn_over();
        return true;
    });
    const SnapshotFile snapshot = answers_.snapshot();
    const std::string path = snapshot_path();
    Result<> saved = co_await snapshot_pool_.run([&] { return write_file_durably(path, to_json(snapshot)); });
    if (saved) {
        co_await journal_pool_.run([this] {
            journal_.drop_old();
            return true;
        });
        saved_events_ = snapshot.events;
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
