// lmtpd as an application of the daemon frame: what its sessions share, and how one begins.
#pragma once

#include <string>
#include <string_view>

#include "auth/client/userdb_client.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "lib/story/writer.h"
#include "lmtpd/counters.h"
#include "quota/service.h"
#include "storage/store.h"

namespace posthouse::lmtpd {

/// Listeners lmtp, and quota (quota_check.h).
daemon::Spec spec();

class Application final : public daemon::Application {
  public:
    explicit Application(daemon::Daemon& daemon);

    net::Async<Result<>> start() override;
    net::Async<> serve(daemon::Connection& connection) override;
    std::string overloaded_reply(std::string_view listener) const override;
    net::Async<Result<>> ready() override;
    void reloaded() override;
    net::Async<> stop() override;

  private:
    daemon::Daemon& daemon_;
    storage::Store store_;
    net::Pool disk_;
    quota::Service quota_;
    auth::UserdbClient users_;
    Counters counters_;
    story::Writer story_;
};

}  // namespace posthouse::lmtpd
