// Receiver: the Application of smtpd: its listeners, what its sessions share, and whether it is ready.
#pragma once

#include <memory>

#include "lib/daemon/daemon.h"
#include "smtpd/parts.h"

namespace posthouse::smtpd {

class Receiver final : public daemon::Application {
  public:
    explicit Receiver(daemon::Daemon& frame) : parts_(frame) {}

    net::Async<Result<>> start() override;
    net::Async<> serve(daemon::Connection& connection) override;
    std::string overloaded_reply(std::string_view listener) const override;
    net::Async<Result<>> ready() override;
    net::Async<> stop() override;

  private:
    Parts parts_;
};

/// Name, listeners and limits of smtpd.
daemon::Spec spec();

}  // namespace posthouse::smtpd
