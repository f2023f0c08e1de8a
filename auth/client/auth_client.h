// AuthClient: asks authd whether somebody may log in (Dovecot auth protocol).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/client/link.h"
#include "lib/base/secret.h"
#include "lib/net/address.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/mechanism.h"
#include "lib/sasl/offer.h"

namespace posthouse::auth {

/// Where a log-in comes from.
struct LoginContext {
    std::string service;   ///< "smtp", "submission", "imap", "pop3"
    net::Address remote;   ///< the user
    net::Address local;    ///< what the user connected to
    bool secured = false;  ///< the user's connection is encrypted
    std::string session;   ///< id of the user's session, for authd's log
    /// Of the user's TLS connection, for -PLUS.
    std::optional<net::TlsBinding> binding{};
    std::string certificate_user{};  ///< whom the user's TLS certificate names (Stream::tls_client_name), for EXTERNAL
    bool no_penalty = false;         ///< a trusted client tries something: failures are not counted
};

/// The circumstances of a connection, as they decide what is offered.
sasl::Circumstances circumstances_of(const net::Stream& stream, bool allow_plain_login);

/// Somebody logged in.
struct Login {
    std::string user;         ///< the mail address, as the directory has it
    sasl::Parameters fields;  ///< what else authd said
};

/// authd asks for more: the response goes to respond() with this id.
struct LoginChallenge {
    std::uint32_t exchange = 0;
    std::string bytes;  ///< not encoded
};
using LoginStep = std::variant<Login, LoginChallenge>;

/// Log-ins over one connection, many at a time. Errors of all operations: denied (wrong name or password, or disabled),
/// unauthorized (may not log in to this service, or not act as another user), expired (the password serves no more);
/// the text of these may be shown; unavailable (authd is away, overloaded, or has no database, or the deadline passed:
/// say "try again later"), invalid (a malformed response), cancelled.
///
///     Result<Login> login = co_await auth.log_in(context, user, std::move(password), deadline);
class AuthClient final : public Link {
  public:
    /// `path`: socket `login` or `auth` of authd, or of a Dovecot.
    AuthClient(net::Loop& loop, std::string path);
    ~AuthClient() override;

    /// With a name and a password at hand (IMAP LOGIN, POP3 USER and PASS).
    net::Async<Result<Login>> log_in(LoginContext context, std::string user, Secret password, net::Deadline deadline);
    /// Begins a SASL exchange. `initial_response` is decoded; nullopt: none was sent.
    net::Async<Result<LoginStep>> begin(LoginContext context, std::string mechanism,
                                        std::optional<Secret> initial_response, net::Deadline deadline);
    /// Answers a challenge.
    net::Async<Result<LoginStep>> respond(std::uint32_t exchange, Secret response, net::Deadline deadline);
    /// The user gave up (`*` instead of a response).
    void cancel(std::uint32_t exchange);

  private:
    struct Pending;
    std::string greeting() override;
    net::Async<Result<>> receive(net::Stream& stream, net::Deadline deadline) override;
    void lost(const Error& error) override;
    void answer(std::uint32_t id, Result<LoginStep> step);
    net::Async<Result<LoginStep>> ask(std::uint32_t id, std::string line, net::Deadline deadline);

    std::map<std::uint32_t, Pending*> pending_;
    std::uint32_t next_id_ = 1;
};

}  // namespace posthouse::auth
