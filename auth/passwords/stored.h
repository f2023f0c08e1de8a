// Parsing of stored passwords: `{SCHEME}hash`, `{SCHEME.b64}hash`, or a hash that says itself what it is.
#pragma once

#include <cstddef>
#include <string_view>

#include "auth/passwords/scheme.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace posthouse::auth {

/// The longest stored password; longer ones are not looked at.
inline constexpr std::size_t max_stored = 2048;

/// A stored password in its parts.
struct StoredPassword {
    const Scheme* scheme = nullptr;
    Secret hash;  ///< decoded
};

/// `default_scheme`: of a text without `{SCHEME}` (a name of the table); empty: Argon2 if it looks like it, else crypt.
/// Errors: unsupported (an unknown scheme, or a hash that is not of its scheme or costs too much).
Result<StoredPassword> parse_stored(std::string_view stored, std::string_view default_scheme = {});

}  // namespace posthouse::auth
