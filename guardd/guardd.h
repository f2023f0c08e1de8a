// guardd: counts once, for all workers of all daemons, what one worker alone cannot: see answers.h and questions.h.
#pragma once

#include <memory>
#include <string>

#include "guardd/answers.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"

namespace posthouse::guard {

/// Serves the policy protocol on the Unix socket `guard`, and saves the failures in <state_folder>/guard.json.
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
        metrics::Counter malformed;
        metrics::Counter snapshot_errors;
        metrics::Gauge connections;
        metrics::Gauge networks;
        metrics::Gauge accounts;
    };

    void count(const policy::Request& request, const policy::Reply& reply);
    std::string snapshot_path() const;
    void load_snapshot(const Result<std::string>& file);
    /// Saves what has changed, again and again until the daemon stops, and once more then.
    static net::Async<> keep_snapshots(Guardd* guardd);
    net::Async<> save_snapshot();

    daemon::Daemon& daemon_;
    net::Pool pool_;
    Answers answers_;
    Counters counters_;
    ConnectionCounts::Owner last_owner_ = 0;
    std::uint64_t saved_changes_ = 0;
    bool save_failed_ = false;
};

/// Runs the daemon; returns its exit code.
int run_guardd(int argc, char** argv);

}  // namespace posthouse::guard
