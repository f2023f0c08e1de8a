// authd: who may log in, who a user is, where an address leads.
#pragma once

#include <cstdint>

#include "auth/directory/resolve.h"
#include "auth/server/authenticator.h"
#include "auth/server/cached_directory.h"
#include "auth/server/directory_keeper.h"
#include "auth/server/directory_pool.h"
#include "auth/server/login_table.h"
#include "lib/daemon/daemon.h"
#include "lib/net/pool.h"

namespace posthouse::auth {

/// Listeners: `auth` and `login` (auth_session.h), `userdb` (userdb_session.h), `socketmap` (maps.h), `usage`
/// (usage_reports.h).
class Authd final : public daemon::Application {
  public:
    explicit Authd(daemon::Daemon& daemon);

    /// Makes an SQLite database when there is none; a MariaDB server that is away is waited for. An error names what
    /// cannot be opened, or that the tables are missing or of another version.
    net::Async<Result<>> start() override;
    net::Async<> serve(daemon::Connection& connection) override;
    net::Async<Result<>> ready() override;
    void reloaded() override;
    net::Async<> stop() override;

  private:
    net::Async<Result<>> serve_socketmap(net::Stream& stream);
    net::Async<std::string> answer_all(std::vector<std::string> requests);

    daemon::Daemon& daemon_;
    DatabaseSettings settings_;
    DirectoryPool pool_;
    CachedDirectory directory_;
    DirectoryKeeper keeper_;
    net::Pool lookups_;
    Authenticator authenticator_;
    LoginTable logins_;
    std::uint32_t last_connection_ = 0;
    metrics::Counter socketmap_lookups_;
};

/// Runs the daemon; returns its exit code.
int run_authd(int argc, char** argv);

}  // namespace posthouse::auth
