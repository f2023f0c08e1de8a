// What a SCRAM log-in can be checked against.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::auth {

/// Keys, or a password from which they can be made.
struct ScramSecret {
    std::optional<sasl::ScramKeys> keys;
    Secret password;  ///< when there are no keys
};

/// From a stored password, which is keys of `hash` or readable, or else from the keys beside it (scram_beside.h).
/// Errors: unsupported (another scheme, which is named; or one that cannot be verified at all).
Result<ScramSecret> scram_secret(std::string_view stored, std::string_view beside, sasl::ScramHash hash,
                                 std::string_view default_scheme = {});

}  // namespace posthouse::auth
