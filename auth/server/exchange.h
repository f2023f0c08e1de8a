// Exchange: one SASL exchange on authd's side, whatever its mechanism.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "auth/server/authenticator.h"
#include "lib/base/secret.h"
#include "lib/net/async.h"
#include "lib/sasl/auth_command.h"
#include "lib/sasl/bearer.h"
#include "lib/sasl/mechanism.h"

namespace posthouse::auth {

/// What comes next: a challenge for the client, or the end.
using ExchangeStep = std::variant<sasl::Challenge, Verdict>;

class Exchange {
  public:
    virtual ~Exchange() = default;
    /// The client's next response; nullopt: it began without one. Called one after the other, until a verdict.
    virtual net::Async<ExchangeStep> respond(std::optional<Secret> response) = 0;
};

/// A failure that is told at once: what the client sent makes no sense.
Verdict malformed(const Error& error);

/// For PLAIN and LOGIN. Each is given the AUTH command without its response.
std::unique_ptr<Exchange> make_password_exchange(Authenticator& authenticator, sasl::Mechanism mechanism,
                                                 const sasl::AuthCommand& command);
/// For SCRAM.
std::unique_ptr<Exchange> make_scram_exchange(Authenticator& authenticator, sasl::ScramHash hash, bool plus,
                                              const sasl::AuthCommand& command);
/// For EXTERNAL.
std::unique_ptr<Exchange> make_external_exchange(Authenticator& authenticator, const sasl::AuthCommand& command);
/// For OAUTHBEARER and XOAUTH2.
std::unique_ptr<Exchange> make_bearer_exchange(Authenticator& authenticator, sasl::BearerMechanism mechanism,
                                               const sasl::AuthCommand& command);

/// For the mechanism that the command names; null: unknown, or not one of `configured` ([auth] mechanisms).
std::unique_ptr<Exchange> make_exchange(Authenticator& authenticator, std::span<const std::string> configured,
                                        const sasl::AuthCommand& command);

}  // namespace posthouse::auth
