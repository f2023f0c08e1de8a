// guardd: counts once, for all workers of all daemons, what one worker alone cannot: see answers.h and questions.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "guardd/answers.h"
#include "guardd/journal.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"

namespace posthouse::guard {

/// Serves the policy protocol on the Unix socket `guard`, and saves failures and bans in <state_folder>/guard.json,
/// what came since in guard.journal beside it. Bans are changed by root and by the user that guardd runs as.
class Guardd final : public daemon::Application {
  public:
    explicit Guardd(daemon::Daemon& daemon);

    net::Async<Result<>> start() override;
    net::Async<> serve(daemon::Connection& connection) override;
    void reloaded() override;

    const Answers& answers() const { return answers_; }

  private:
    struct Counters {
        explicit Counters(metrics::Registry& registry);
        metrics::Counter requests;
        metrics::Counter refused;
        metrics::Counter failures;
        metrics::Counter delayed;
        metrics::Counter refused_logins;
        metrics::Counter limited;
        metrics::Counter malformed;
        metrics::Counter snapshot_errors;
        metrics::Counter journal_errors;
        metrics::Gauge connections;
        metrics::Gauge networks;
        metrics::Gauge accounts;
        metrics::Gauge bans;
        metrics::Gauge rates;
    };

    void count(Outcome outcome);
    std::string snapshot_path() const;
    void load_snapshot(const Result<std::string>& file);
    void replay(const Result<std::vector<Event>>& events);
    /// The answer to a request, which is on the disk first when an administrator waits for it.
    net::Async<Answer> answer(Asker asker, ConnectionCounts::Owner owner, const policy::Request& request);
    /// Has what changed written to the journal soon.
    void note_events();
    /// Writes what waits for the journal until nothing does.
    static net::Async<> write_journal(Guardd* guardd);
    net::Async<> write_waiting();
    net::Async<Result<>> sync_journal();
    /// Saves what has changed, again and again until the daemon stops, and once more then.
    static net::Async<> keep_snapshots(Guardd* guardd);
    net::Async<> save_snapshot();

    daemon::Daemon& daemon_;
    net::Pool snapshot_pool_;
    net::Pool journal_pool_;
    Answers answers_;
    Journal journal_;  // of journal_pool_'s thread
    bool journal_open_ = false;
    std::string waiting_;  // lines for the journal
    bool writing_ = false;
    bool journal_failed_ = false;
    Counters counters_;
    ConnectionCounts::Owner last_owner_ = 0;
    std::uint64_t saved_events_ = 0;
    bool save_failed_ = false;
};

/// Runs the daemon; returns its exit code.
int run_guardd(int argc, char** argv);

}  // namespace posthouse::guard
