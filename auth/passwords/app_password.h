// Generated passwords for the programs of a user, each of which may be taken back by itself.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace posthouse::auth {

struct GeneratedAppPassword {
    Secret password;     ///< 28 letters and digits without look-alikes (140 bits), in seven groups with hyphens
    std::string stored;  ///< `{SSHA512}hash`: fast, which is enough for what nobody can guess
};

/// A fresh one. Errors: unsupported (the system's OpenSSL has no SHA-512).
Result<GeneratedAppPassword> generate_app_password();

}  // namespace posthouse::auth
