// AuthSession: one connection on the sockets `auth` and `login`, in Dovecot's auth protocol.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "auth/server/authenticator.h"
#include "auth/server/line_connection.h"
#include "auth/server/login_table.h"

namespace posthouse::auth {

/// `auth` speaks version 1.2, `login` 1.3. The greeting is sent at once: Exim waits for its DONE.
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
    struct Exchange {
        sasl::AuthCommand command;
        sasl::ServerExchange sasl;
        net::Deadline until;
    };
    Result<> handle(std::string_view line) override;
    void begin(sasl::AuthCommand command);
    void step(Exchange exchange, Result<sasl::ServerStep> step);
    void refuse(std::uint32_t id, sasl::FailCode code, std::string reason);
    static net::Async<> check(AuthSession* session, sasl::AuthCommand command, sasl::Credentials credentials);

    Authenticator& authenticator_;
    LoginTable& logins_;
    Identity identity_;
    std::string cookie_;
    std::uint32_t client_pid_ = 0;
    std::map<std::uint32_t, Exchange> waiting_;  ///< for a response, by id
};

}  // namespace posthouse::auth
