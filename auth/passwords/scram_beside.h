// SCRAM keys that are kept beside a hash of another scheme (column virtual_users.scram_keys), so that a password can be
// stored by Argon2id and serve for log-ins by SCRAM all the same.
//
// `sha256:<digest of the stored hash, in hexadecimal digits> {SCRAM-SHA-256}keys {SCRAM-SHA-1}keys`: keys count beside
// this hash only. Whoever changes the hash and forgets the keys has made them worthless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/passwords/settings.h"
#include "lib/base/result.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::auth {

/// Keys of the settings' schemes for a password of which `stored` is kept. Empty: `stored` serves for SCRAM itself, or
/// SASLprep refuses the password. Errors: internal.
Result<std::string> make_scram_beside(std::string_view stored, std::string_view password,
                                      const PasswordSettings& settings);

/// Whether one of the settings' schemes is missing in `beside`, or made with less iterations than are wanted.
bool needs_scram_beside(std::string_view stored, std::string_view beside, const PasswordSettings& settings);

/// The keys of `hash` in `beside`; nullopt: there are none. Errors: unsupported (they belong to another stored hash, or
/// are damaged).
Result<std::optional<sasl::ScramKeys>> find_scram_beside(std::string_view stored, std::string_view beside,
                                                         sasl::ScramHash hash);

}  // namespace posthouse::auth
