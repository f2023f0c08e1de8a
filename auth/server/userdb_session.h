// UserdbSession: one connection on the socket `userdb`, in Dovecot's auth master protocol.
#pragma once

#include <optional>
#include <string>

#include "auth/server/cached_directory.h"
#include "auth/server/line_connection.h"
#include "auth/server/login_table.h"
#include "lib/config/config.h"
#include "lib/net/pool.h"
#include "lib/sasl/master.h"

namespace posthouse::auth {

/// USER and REQUEST answer with `home` (<mail_root>/<domain>/<local part>), and, for users with a quota,
/// Dovecot's `quota_rule`. CACHE-FLUSH takes addresses and domains: everything of their domains is
/// forgotten. There is no PASS.
class UserdbSession final : public LineConnection {
  public:
    UserdbSession(net::Loop& loop, net::Stream& stream, DirectoryPool& pool, CachedDirectory& directory,
                  net::Pool& lookups, LoginTable& logins, config::Snapshot config);

    static std::string greeting();

  private:
    Result<> handle(std::string_view line) override;
    static net::Async<> find(UserdbSession* session, std::uint32_t id, std::string user);
    static net::Async<> list(UserdbSession* session, std::uint32_t id);
    std::string answer(std::uint32_t id, const Result<std::optional<User>>& found);

    DirectoryPool& pool_;
    CachedDirectory& directory_;
    net::Pool& lookups_;
    LoginTable& logins_;
    config::Snapshot config_;
};

}  // namespace posthouse::auth
