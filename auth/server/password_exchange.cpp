// PLAIN and LOGIN: a name and a password.
#include <utility>

#include "auth/server/exchange.h"

namespace posthouse::auth {
namespace {

class PasswordExchange final : public Exchange {
  public:
    PasswordExchange(Authenticator& authenticator, sasl::Mechanism mechanism, const sasl::AuthCommand& command)
        : authenticator_(authenticator), sasl_(mechanism), origin_(origin_of(command)) {}

    net::Async<ExchangeStep> respond(std::optional<Secret> response) override {
        const auto bytes = response ? std::optional(response->view()) : std::nullopt;
        Result<sasl::ServerStep> step =
            std::exchange(begun_, true) ? sasl_.respond(bytes.value_or(std::string_view())) : sasl_.begin(bytes);
        if (!step) co_return malformed(step.error());
        if (auto* challenge = std::get_if<sasl::Challenge>(&*step)) co_return std::move(*challenge);
        sasl::Credentials& credentials = std::get<sasl::Credentials>(*step);
        Claim claim{std::move(credentials.user), std::move(credentials.authorization_id), origin_};
        Verdict verdict = co_await authenticator_.check_password(std::move(claim), std::move(credentials.password));
        co_return verdict;
    }

  private:
    Authenticator& authenticator_;
    sasl::ServerExchange sasl_;
    Origin origin_;
    bool begun_ = false;
};

}  // namespace

std::unique_ptr<Exchange> make_password_exchange(Authenticator& authenticator, sasl::Mechanism mechanism,
                                                 const sasl::AuthCommand& command) {
    return std::make_unique<PasswordExchange>(authenticator, mechanism, command);
}

}  // namespace posthouse::auth
