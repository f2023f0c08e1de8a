// SCRAM-SHA-1, SCRAM-SHA-256 and their -PLUS (RFC 5802, RFC 7677).
#include <optional>
#include <utility>

#include "auth/server/exchange.h"
#include "lib/base/random.h"
#include "lib/sasl/scram_server.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t nonce_bytes = 18;

/// client-first, server-first, client-final, server-final, and an empty response: the outer protocols have no place for
/// data in their last reply (RFC 4954 §4, RFC 5034 §4).
class ScramExchange final : public Exchange {
  public:
    ScramExchange(Authenticator& authenticator, sasl::ScramHash hash, bool plus, const sasl::AuthCommand& command)
        : authenticator_(authenticator), scram_(hash, plus, command.channel_bindings), origin_(origin_of(command)) {}

    net::Async<ExchangeStep> respond(std::optional<Secret> response) override {
        if (!response) co_return sasl::Challenge{};
        switch (std::exchange(state_, State::done)) {
            case State::first: {
                ExchangeStep step = co_await first(response->view());
                co_return step;
            }
            case State::final: {
                ExchangeStep step = co_await final(response->view());
                co_return step;
            }
            case State::proved:
                if (!response->empty()) co_return malformed({ErrorCode::invalid, "Unexpected SCRAM message", {}});
                co_return std::move(*verdict_);
            case State::done: break;
        }
        co_return malformed({ErrorCode::invalid, "SCRAM exchange is over", {}});
    }

  private:
    enum class State { first, final, proved, done };

    net::Async<ExchangeStep> first(std::string_view message) {
        const Result<> parsed = scram_.first(message);
        Claim claim{scram_.user(), scram_.authorization_id(), origin_};
        if (!parsed && parsed.error().code == ErrorCode::denied) {
            Verdict denied = co_await authenticator_.deny(std::move(claim), parsed.error().text);
            co_return denied;
        }
        if (!parsed) co_return malformed(parsed.error());
        std::expected<ScramLogin, sasl::FailReply> login =
            co_await authenticator_.begin_scram(std::move(claim), scram_.hash());
        if (!login) co_return Verdict(std::unexpected(std::move(login.error())));
        login_ = std::move(*login);
        state_ = State::final;
        co_return sasl::Challenge{scram_.challenge(random_hex(nonce_bytes), login_->salt, login_->iterations)};
    }

    net::Async<ExchangeStep> final(std::string_view message) {
        const Result<sasl::ScramProof> proof = scram_.final(message);
        if (!proof && proof.error().code == ErrorCode::denied) {
            Verdict denied = co_await authenticator_.deny(std::move(login_->claim), proof.error().text);
            co_return denied;
        }
        if (!proof) co_return malformed(proof.error());
        std::string server_final;
        Verdict verdict = co_await authenticator_.check_scram(std::move(*login_), *proof, server_final);
        if (!verdict) co_return verdict;
        verdict_ = std::move(verdict);
        state_ = State::proved;
        co_return sasl::Challenge{std::move(server_final)};
    }

    Authenticator& authenticator_;
    sasl::ScramServer scram_;
    Origin origin_;
    State state_ = State::first;
    std::optional<ScramLogin> login_;
    std::optional<Verdict> verdict_;
};

}  // namespace

std::unique_ptr<Exchange> make_scram_exchange(Authenticator& authenticator, sasl::ScramHash hash, bool plus,
                                              const sasl::AuthCommand& command) {
    return std::make_unique<ScramExchange>(authenticator, hash, plus, command);
}

}  // namespace posthouse::auth
