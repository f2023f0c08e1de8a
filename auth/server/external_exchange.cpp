// EXTERNAL (RFC 4422 appendix A): the daemon has told whose certificate the client has shown.
#include "auth/server/exchange.h"
#include "lib/sasl/external.h"

namespace posthouse::auth {
namespace {

class ExternalExchange final : public Exchange {
  public:
    ExternalExchange(Authenticator& authenticator, const sasl::AuthCommand& command)
        : authenticator_(authenticator), user_(command.certificate_user), origin_(origin_of(command)) {}

    net::Async<ExchangeStep> respond(std::optional<Secret> response) override {
        if (!response) co_return sasl::Challenge{};
        Result<std::string> act_as = sasl::parse_external(response->view());
        if (!act_as) co_return malformed(act_as.error());
        Verdict verdict = co_await authenticator_.check_vouched({user_, std::move(*act_as), origin_, true});
        co_return verdict;
    }

  private:
    Authenticator& authenticator_;
    std::string user_;
    Origin origin_;
};

}  // namespace

std::unique_ptr<Exchange> make_external_exchange(Authenticator& authenticator, const sasl::AuthCommand& command) {
    return std::make_unique<ExternalExchange>(authenticator, command);
}

}  // namespace posthouse::auth
