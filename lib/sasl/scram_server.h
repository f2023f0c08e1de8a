// ScramServer: the server's side of one SCRAM exchange (RFC 5802 §5), without the keys, which come from elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sasl/channel_binding.h"
#include "lib/sasl/scram_message.h"

namespace posthouse::sasl {

/// What the client has to prove, once its last message has come.
struct ScramProof {
    ScramHash hash = ScramHash::sha_256;
    std::string auth_message;
    std::string proof;

    bool fits(const ScramKeys& keys) const { return verify_scram_proof(hash, keys.stored_key, auth_message, proof); }
    /// The server-final-message, which proves the server's knowledge in turn.
    std::string server_final(const ScramKeys& keys) const {
        return scram_server_final(scram_signature(hash, keys.server_key, auth_message));
    }
};

/// first(), challenge(), final(), in this order. An error ends the exchange.
class ScramServer {
  public:
    /// `plus`: the mechanism is one of -PLUS. `bindings`: what the connection has; when there are some, -PLUS is taken
    /// to be offered, and a client that believes otherwise has been lied to (§6).
    ScramServer(ScramHash hash, bool plus, ChannelBindings bindings)
        : hash_(hash), plus_(plus), bindings_(std::move(bindings)) {}

    /// The client-first-message. Errors: invalid, limit; denied (channel binding: missing, unknown, or downgraded).
    Result<> first(std::string_view message);
    const std::string& user() const { return first_.user; }
    const std::string& authorization_id() const { return first_.header.authorization_id; }
    ScramHash hash() const { return hash_; }

    /// The server-first-message. `nonce` is the server's part of it: random, printable, without a comma.
    std::string challenge(std::string_view nonce, std::string_view salt, std::uint64_t iterations);

    /// The client-final-message. Errors: invalid; denied (another nonce, or another channel).
    Result<ScramProof> final(std::string_view message);

  private:
    ScramHash hash_;
    bool plus_;
    ChannelBindings bindings_;
    ScramClientFirst first_;
    std::string nonce_;         ///< of both
    std::string server_first_;  ///< as sent
};

}  // namespace posthouse::sasl
