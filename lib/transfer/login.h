// Login: a client's side of AUTH (RFC 4954), by the best mechanism that both sides know: SCRAM-SHA-256, PLAIN, LOGIN.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sasl/scram_login.h"
#include "lib/smtp/client.h"
#include "lib/transfer/credentials.h"

namespace posthouse::transfer {

/// first() is sent, then the answer to each challenge. What these give holds secrets: the caller wipes it.
class Login {
  public:
    /// Errors: unsupported (no mechanism in common), invalid. `credentials` live as long as this.
    static Result<Login> begin(const Credentials& credentials, const smtp::Capabilities& capabilities);

    /// The AUTH command, without CRLF.
    std::string first() const;
    /// The answer to the text of a reply of 334. Errors: invalid, denied (the server doesn't know the password), limit
    /// (it asks for more than the mechanism has).
    Result<std::string> answer(std::string_view challenge);
    /// The server says that it is done. Errors: denied: without having shown that it knows the password, where the
    /// mechanism wants it to.
    Result<> succeeded() const;

  private:
    enum class Mechanism { scram_sha_256, plain, login };
    Login(const Credentials& credentials, Mechanism mechanism) : credentials_(&credentials), mechanism_(mechanism) {}

    const Credentials* credentials_;
    Mechanism mechanism_;
    std::optional<sasl::ScramLogin> scram_;
    int answers_ = 0;
    bool server_proved_ = false;
};

}  // namespace posthouse::transfer
