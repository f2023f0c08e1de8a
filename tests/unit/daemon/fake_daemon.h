// FakeDaemon: the frame of a daemon, as far as an Application sees it, and a folder of its own; for unit tests.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "lib/daemon/daemon.h"

namespace posthouse::daemon {

/// A folder that is removed with everything in it.
class TemporaryFolder {
  public:
    TemporaryFolder() : path_(std::filesystem::temp_directory_path() / "posthouse-test-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

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
