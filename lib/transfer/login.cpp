// Login: the mechanisms.
#include "lib/transfer/login.h"

#include <utility>

#include "lib/base/base64.h"
#include "lib/base/random.h"

namespace posthouse::transfer {

Result<Login> Login::begin(const Credentials& credentials, const smtp::Capabilities& capabilities) {
    if (capabilities.accepts_auth("SCRAM-SHA-256")) {
        Result<sasl::ScramLogin> scram =
            sasl::ScramLogin::begin(sasl::ScramHash::sha_256, credentials.user, random_hex(16));
        if (scram) {
            Login login(credentials, Mechanism::scram_sha_256);
            login.scram_ = *std::move(scram);
            return login;
        }
    }
    if (capabilities.accepts_auth("PLAIN")) return Login(credentials, Mechanism::plain);
    if (capabilities.accepts_auth("LOGIN")) return Login(credentials, Mechanism::login);
    return fail(ErrorCode::unsupported, capabilities.auth.empty()
                                            ? "the server offers no log-in"
                                            : "the server offers no way to log in that is known here");
}

std::string Login::first() const {
    switch (mechanism_) {
        case Mechanism::scram_sha_256: return "AUTH SCRAM-SHA-256 " + base64::encode(scram_->first());
        case Mechanism::login: return "AUTH LOGIN";
        case Mechanism::plain: break;
    }
    std::string message;  // RFC 4616 §2
    message.append(1, '\0').append(credentials_->user).append(1, '\0').append(credentials_->password.view());
    std::string line = "AUTH PLAIN " + base64::encode(message);
    wipe(message);
    return line;
}

Result<std::string> Login::answer(std::string_view challenge) {
    const int turn = answers_++;
    if (mechanism_ == Mechanism::login && turn < 2)
        return base64::encode(turn == 0 ? std::string_view(credentials_->user) : credentials_->password.view());
    if (mechanism_ != Mechanism::scram_sha_256 || turn > 1)
        return fail(ErrorCode::limit, "the server asks for more than the log-in has");
    const auto message = base64::decode(challenge);
    if (!message) return fail(ErrorCode::invalid, "the server's challenge is no base64");
    if (turn == 0) {
        Result<std::string> final = scram_->answer(*message, credentials_->password.view());
        if (!final) return fail(final.error());
        return base64::encode(*final);
    }
    if (const Result<> checked = scram_->check(*message); !checked) return fail(checked.error());
    server_proved_ = true;
    return std::string();
}

Result<> Login::succeeded() const {
    if (mechanism_ == Mechanism::scram_sha_256 && !server_proved_)
        return fail(ErrorCode::denied, "the server did not show that it knows the password");
    return {};
}

}  // namespace posthouse::transfer
