// Exchanges by the names of their mechanisms.
#include "auth/server/exchange.h"

#include "lib/base/ascii.h"
#include "lib/sasl/offer.h"

namespace posthouse::auth {

Verdict malformed(const Error& error) {
    return std::unexpected(sasl::FailReply{0, {}, sasl::FailCode::wrong_credentials, error.text});
}

std::unique_ptr<Exchange> make_exchange(Authenticator& authenticator, std::span<const std::string> configured,
                                        const sasl::AuthCommand& command) {
    const std::string name = ascii::upper(command.mechanism);
    // Who speaks this protocol has seen to it that secrets are safe.
    if (!sasl::is_offered(configured, {true, !command.channel_bindings.empty(), !command.certificate_user.empty()},
                          name))
        return nullptr;
    if (const std::optional<sasl::Mechanism> mechanism = sasl::parse_mechanism(name))
        return make_password_exchange(authenticator, *mechanism, command);
    if (name == "EXTERNAL") return make_external_exchange(authenticator, command);
    if (const std::optional<sasl::BearerMechanism> bearer = sasl::parse_bearer_mechanism(name))
        return make_bearer_exchange(authenticator, *bearer, command);
    const bool plus = name.ends_with("-PLUS");
    if (name.starts_with("SCRAM-SHA-256"))
        return make_scram_exchange(authenticator, sasl::ScramHash::sha_256, plus, command);
    if (name.starts_with("SCRAM-SHA-1"))
        return make_scram_exchange(authenticator, sasl::ScramHash::sha_1, plus, command);
    return nullptr;
}

}  // namespace posthouse::auth
