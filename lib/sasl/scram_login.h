// ScramLogin: the client's side of SCRAM (RFC 5802 §5), without channel binding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::sasl {

/// The most iterations that a server may ask a client for: some tens of milliseconds.
inline constexpr std::uint64_t scram_max_login_iterations = 200'000;

/// One log-in: first(), then answer() of what the server says, then check() of its last word.
class ScramLogin {
  public:
    /// `nonce`: printable ASCII without comma, unpredictable. Errors: invalid (SASLprep refuses the name).
    static Result<ScramLogin> begin(ScramHash hash, std::string_view user, std::string nonce);

    /// client-first-message.
    std::string first() const { return std::string(header) + bare_; }
    /// client-final-message. Errors: invalid (malformed; another nonce; a password that SASLprep refuses), limit
    /// (iterations out of bounds).
    Result<std::string> answer(std::string_view server_first, std::string_view password);
    /// server-final-message: the server knows the password, too. Errors: denied (it doesn't, or says `e=`).
    Result<> check(std::string_view server_final) const;

  private:
    static constexpr std::string_view header = "n,,";
    ScramLogin(ScramHash hash, std::string nonce, std::string bare)
        : hash_(hash), nonce_(std::move(nonce)), bare_(std::move(bare)) {}
    ScramHash hash_;
    std::string nonce_;
    std::string bare_;
    std::string signature_;  ///< of the server, in base64
};

}  // namespace posthouse::sasl
