// Mechanisms that log in with a bearer token (RFC 6750): OAUTHBEARER (RFC 7628) and XOAUTH2, which Google and Microsoft
// use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace posthouse::sasl {

enum class BearerMechanism { oauthbearer, xoauth2 };

/// By its registered name in upper case.
std::optional<BearerMechanism> parse_bearer_mechanism(std::string_view name);

/// A client's first message.
struct BearerMessage {
    std::string
        user;  ///< whom to act as: the authorization identity, or XOAUTH2's `user=`; empty: whoever the token names
    Secret token;
};

/// RFC 7628 §3.1: `n,a=user@example.com,^Ahost=…^Aauth=Bearer vF9dft4qmT…^A^A`; other keys are passed over. XOAUTH2:
/// `user=user@example.com^Aauth=Bearer ya29…^A^A`. Errors: invalid (also a channel binding, which neither has, and a
/// token that is none by RFC 6750 §2.1); limit.
Result<BearerMessage> parse_bearer(BearerMechanism mechanism, std::string_view message);

}  // namespace posthouse::sasl
