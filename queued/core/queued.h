// Queued: the application of queued: what its parts are, and what wakes them.
#pragma once

#include <memory>
#include <optional>

#include "lib/daemon/daemon.h"
#include "queued/core/active.h"
#include "queued/core/disk_space.h"
#include "queued/core/parts.h"
#include "queued/core/scanner.h"
#include "queued/core/tls_reports.h"
#include "queued/core/way_out.h"
#include "queued/wake/receiver.h"

namespace posthouse::queued {

class Queued final : public daemon::Application {
  public:
    explicit Queued(daemon::Daemon& frame) : daemon_(frame) {}

    net::Async<Result<>> start() override;
    /// It has no listeners.
    net::Async<> serve(daemon::Connection& connection) override;
    net::Async<Result<>> ready() override;
    /// GET /attempts: the deliveries that go on. POST /orders: an order for a message that is being tried.
    net::Async<std::optional<http::Response>> control(const http::Request& request) override;
    void reloaded() override;
    net::Async<> stop() override;

  private:
    net::Async<> listen();

    daemon::Daemon& daemon_;
    std::unique_ptr<WayOut> way_out_;
    std::optional<Parts> parts_;
    std::optional<Active> active_;
    std::optional<Scanner> scanner_;
    std::optional<DiskSpace> disk_space_;
    std::optional<TlsReports> tls_reports_;
    std::optional<wake::Receiver> wake_;
};

/// Name and limits of queued.
daemon::Spec spec();

}  // namespace posthouse::queued
