// Checks beyond single values: are files there and usable, do certificate and key belong together, do values agree.
#pragma once

#include <ctime>
#include <string>

#include "lib/config/load.h"

namespace posthouse::config {

/// Everything that keeps the server from starting with `config`, as far as it shows without starting it. Opens files,
/// changes nothing. Empty: fine.
Problems check(const Config& config, const Origins& origins);

/// What keeps nothing from starting, but will be noticed by clients at `now`: certificates that are not valid, or not
/// for much longer; folders of mail that belong to another user than the rest, rules of [quota] that surely mean
/// something else. Files that can't be read are left to check().
Problems warnings(const Config& config, const Origins& origins, std::time_t now);

/// What of this is wrong with [quota]: words that make no sense.
Problems quota_problems(const Config& config, const Origins& origins);

/// What is wrong with the time of the first certificate in a PEM text: "expired on 2026-02-01", "is not valid before
/// 2027-01-01", "expires on 2026-02-01" when that is within 14 days of `now`. Empty: nothing.
std::string validity_concern(std::string_view certificate_pem, std::time_t now);

/// Whether a PEM text begins with a certificate.
bool holds_certificate(std::string_view pem);

/// The PEM texts are a certificate chain and the private key of its first certificate. Errors: invalid, with the
/// reason.
Result<> check_certificate(std::string_view certificate_pem, std::string_view key_pem);

}  // namespace posthouse::config
