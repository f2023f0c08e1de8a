// SASL mechanisms PLAIN (RFC 4616) and LOGIN: the bytes both sides exchange, before any base64 of the outer protocol.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace posthouse::sasl {

/// The longest response of one step; authentication id, authorization id and password together stay far below it.
inline constexpr std::size_t max_response = 12288;

enum class Mechanism { plain, login };

/// By its registered name, in any case (RFC 4422 §3.1 has upper case; clients differ).
std::optional<Mechanism> parse_mechanism(std::string_view name);
std::string_view to_string(Mechanism mechanism);

/// Who wants to log in, and what proves it.
struct Credentials {
    std::string authorization_id;  ///< whom to act as; empty: the user itself
    std::string user;              ///< authentication id
    Secret password;
};

/// PLAIN's message, RFC 4616 §2: `[authzid] NUL authcid NUL passwd`, each UTF-8, at least one byte in the last two.
Result<Credentials> parse_plain(std::string_view message);
/// PLAIN's message for these credentials. The caller wipes it.
std::string encode_plain(const Credentials& credentials);

/// The server sends `bytes` and waits for a response.
struct Challenge {
    std::string bytes;
};
using ServerStep = std::variant<Challenge, Credentials>;

/// The server's side of one exchange. An error ends it.
class ServerExchange {
  public:
    explicit ServerExchange(Mechanism mechanism) : mechanism_(mechanism) {}
    /// The first step. Without an initial response the mechanism asks (RFC 4422 §5.1: PLAIN with an empty challenge).
    Result<ServerStep> begin(std::optional<std::string_view> initial_response);
    /// The client's answer to the last challenge.
    Result<ServerStep> respond(std::string_view response);

  private:
    enum class State { fresh, wants_message, wants_user, wants_password, done };
    Mechanism mechanism_;
    State state_ = State::fresh;
    std::string user_;
};

/// The client's side of one exchange: PLAIN and LOGIN answer whatever the server's challenges say.
class ClientExchange {
  public:
    ClientExchange(Mechanism mechanism, Credentials credentials)
        : mechanism_(mechanism), credentials_(std::move(credentials)) {}
    /// What may be sent with the command itself; nullopt for LOGIN, whose server speaks first.
    std::optional<Secret> initial_response();
    /// The answer to a challenge; an error when the server asks more often than the mechanism has steps.
    Result<Secret> respond(std::string_view challenge);

  private:
    Mechanism mechanism_;
    Credentials credentials_;
    int step_ = 0;
};

}  // namespace posthouse::sasl
