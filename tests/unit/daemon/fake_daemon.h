// FakeDaemon: the frame of a daemon, as far as an Application sees it; for unit tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "lib/daemon/daemon.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::daemon {

/// Has a configuration that tests may change, and background work that they end.
class FakeDaemon final : public Daemon {
  public:
    FakeDaemon(net::Loop& loop, std::string name, config::Config config)
        : configuration(std::move(config)),
          loop_(loop),
          name_(std::move(name)),
          metrics_({{"daemon", name_}}),
          background_(loop),
          stopping_(loop) {}

    net::Loop& loop() override { return loop_; }
    config::Snapshot config() const override { return std::make_shared<const config::Config>(configuration); }
    std::shared_ptr<const net::TlsContext> tls() const override { return nullptr; }
    metrics::Registry& metrics() override { return metrics_; }
    std::string_view name() const override { return name_; }
    net::Scope& background() override { return background_; }
    net::Event& stopping() override { return stopping_; }
    std::size_t sessions() const override { return 0; }

    /// Ends the background work as the frame does.
    net::Async<> end() {
        stopping_.cancel();
        co_await background_.join();
    }

    config::Config configuration;

  private:
    net::Loop& loop_;
    std::string name_;
    metrics::Registry metrics_;
    net::Scope background_;
    net::Event stopping_;
};

}  // namespace posthouse::daemon
