// imapd as an application of the daemon frame: what its sessions share, and how one begins.
#pragma once

#include <string>
#include <string_view>

#include "auth/client/auth_client.h"
#include "auth/client/userdb_client.h"
#include "guardd/client.h"
#include "imapd/search/kept_orders.h"
#include "imapd/user_connections.h"
#include "imapd/waiting_messages.h"
#include "imapd/watch_hub.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"
#include "quota/service.h"
#include "storage/store.h"

namespace posthouse::imapd {

/// Listeners imap and imaps.
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
    auth::AuthClient auth_;
    auth::UserdbClient users_;
    guard::Client guard_;
    WatchHub watches_;
    UserConnections connections_;
    WaitingMessages waiting_;
    KeptOrders orders_;
};

}  // namespace posthouse::imapd
