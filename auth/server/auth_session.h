// AuthSession: one connection on the sockets `auth` and `login`, in Dovecot's auth protocol.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "auth/server/authenticator.h"
#include "auth/server/exchange.h"
#include "auth/server/line_connection.h"
#include "auth/server/login_table.h"

namespace posthouse::auth {

/// `auth` speaks version 1.2, `login` 1.3. The greeting is sent at once: Exim waits for its DONE. Postfix and Exim,
/// whose version is 1.0, take every FAIL for a wrong password, but the end of the connection for a temporary failure:
/// so it ends for one, unless other exchanges go on. Dovecot knows `temp`, and takes the end for a wrong password.
class AuthSession final : public LineConnection {
  public:
    struct Identity {
        std::uint32_t minor_version = 2;
        std::uint32_t connection = 0;  ///< CUID: unique among the connections of this process
    };
    AuthSession(net::Loop& loop, net::Stream& stream, Authenticator& authenticator, LoginTable& logins,
                Identity identity);

    std::string greeting() const;

  private:
    struct Running {
        std::uint64_t serial = 0;  ///< an id may be used again
        bool no_login = false;
        std::unique_ptr<Exchange> exchange;  ///< null while a step of it is running
        net::Deadline until;                 ///< for the client's response
    };
    Result<> handle(std::string_view line) override;
    void begin(sasl::AuthCommand command);
    void respond(std::uint32_t id, std::optional<Secret> response);
    void refuse(std::uint32_t id, sasl::FailCode code, std::string reason);
    static net::Async<> step(AuthSession* session, std::uint32_t id, std::uint64_t serial,
                             std::unique_ptr<Exchange> exchange, std::optional<Secret> response);
    void finish(std::uint32_t id, bool no_login, Verdict verdict);
    /// Room for one more that waits for its client; those that wait too long are forgotten first.
    bool may_wait();

    Authenticator& authenticator_;
    LoginTable& logins_;
    Identity identity_;
    std::string cookie_;
    std::uint32_t client_minor_version_ = 0;
    std::uint32_t client_pid_ = 0;
    std::uint64_t last_serial_ = 0;
    std::map<std::uint32_t, Running> exchanges_;  ///< by id
};

}  // namespace posthouse::auth
