// OAUTHBEARER (RFC 7628) and XOAUTH2: a bearer token.
#include <nlohmann/json.hpp>
#include <utility>

#include "auth/server/exchange.h"
#include "lib/sasl/bearer.h"

namespace posthouse::auth {
namespace {

/// One message; after a refusal the reason in JSON as one more challenge, which the client answers with next to nothing
/// (RFC 7628 §3.2.3).
class BearerExchange final : public Exchange {
  public:
    BearerExchange(Authenticator& authenticator, sasl::BearerMechanism mechanism, const sasl::AuthCommand& command)
        : authenticator_(authenticator), mechanism_(mechanism), origin_(origin_of(command)) {}

    net::Async<ExchangeStep> respond(std::optional<Secret> response) override {
        if (refused_) co_return std::move(*refused_);
        if (!response) co_return sasl::Challenge{};
        Result<sasl::BearerMessage> message = sasl::parse_bearer(mechanism_, response->view());
        if (!message) co_return malformed(message.error());
        Claim claim{{}, std::move(message->user), origin_, true};
        Verdict verdict = co_await authenticator_.check_token(std::move(claim), std::move(message->token));
        if (verdict || verdict.error().code == sasl::FailCode::temporary) co_return verdict;
        refused_ = std::move(verdict);
        co_return sasl::Challenge{refusal()};
    }

  private:
    std::string refusal() const {
        const bool google = mechanism_ == sasl::BearerMechanism::xoauth2;
        nlohmann::json reason = {{"status", google ? "401" : "invalid_token"}};
        if (google) reason["schemes"] = "bearer";
        const std::string scope = authenticator_.token_scope();
        if (!scope.empty()) reason["scope"] = scope;
        return reason.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    }

    Authenticator& authenticator_;
    sasl::BearerMechanism mechanism_;
    Origin origin_;
    std::optional<Verdict> refused_;
};

}  // namespace

std::unique_ptr<Exchange> make_bearer_exchange(Authenticator& authenticator, sasl::BearerMechanism mechanism,
                                               const sasl::AuthCommand& command) {
    return std::make_unique<BearerExchange>(authenticator, mechanism, command);
}

}  // namespace posthouse::auth
