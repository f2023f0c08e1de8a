// historyd: keeps the story of every message: what daemons tell is indexed, kept for its time, and removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "historyd/folder_watch.h"
#include "historyd/indexer.h"
#include "lib/daemon/daemon.h"
#include "lib/net/poller.h"
#include "lib/net/pool.h"

namespace posthouse::history {

/// Works in <state_folder>/history on one thread of low priority. Nobody waits for it, so it is ready whatever happens
/// to its disk; who searches reads its files (archive.h).
class Historyd final : public daemon::Application {
  public:
    explicit Historyd(daemon::Daemon& daemon);

    net::Async<Result<>> start() override;
    net::Async<> serve(daemon::Connection& connection) override;
    net::Async<> stop() override;

  private:
    struct Metrics {
        explicit Metrics(metrics::Registry& registry);
        metrics::Counter events;
        metrics::Counter lost;
        metrics::Counter damaged_lines;
        metrics::Counter damaged_indexes;
        metrics::Counter errors;
        metrics::Gauge segments;
        metrics::Gauge waiting;
        metrics::Gauge lag;
        metrics::Gauge octets;
    };

    /// Passes, until the daemon stops.
    static net::Async<> keep_indexing(Historyd* historyd);
    net::Async<Result<Pass>> pass();
    void report(const Result<Pass>& pass);
    net::Async<> wait(bool failed);

    daemon::Daemon& daemon_;
    Indexer indexer_;  // of pool_'s thread
    Metrics metrics_;
    std::optional<Error> error_;  ///< of the last pass
    std::int64_t tidied_ = 0;
    std::uint64_t damaged_ = 0;
    std::optional<FolderWatch> watch_;
    std::optional<net::Poller> changes_;
    net::Pool pool_;
};

/// Name, listeners and limits.
daemon::Spec spec();

}  // namespace posthouse::history
