// Checks beyond single values: are files there and usable, do certificate and key belong together, do values agree.
#pragma once

#include <ctime>
#include <string>

#include "lib/config/load.h"

namespace posthouse::config {

/// Everything that keeps the server from starting with `config`, as far as it shows without starting it, by the rights
/// of the effective user: who asks for another one becomes that user first. Opens files, changes nothing. Empty: fine.
Problems check(const Config& config, const Origins& origins);

/// Certificates that are not valid at `now`: the server starts, and clients are refused or warned. Files that can't be
/// read are left to check().
Problems expired(const Config& config, const Origins& origins, std::time_t now);

/// What keeps nothing from starting, but may be noticed by clients: certificates that are not valid for much longer
/// than `now`; folders of mail that belong to another user than the rest, rules of [quota] that surely mean something
/// else. Files that can't be read are left to check().
Problems warnings(const Config& config, const Origins& origins, std::time_t now);

/// What of this is wrong with [quota]: words that make no sense.
Problems quota_problems(const Config& config, const Origins& origins);

/// What is wrong with a certificate's time.
struct ValidityConcern {
    bool is_valid = true;  ///< at that time, though not for much longer
    std::string text;      ///< empty: nothing
};
/// Of the first certificate in a PEM text: "expired on 2026-02-01", "is not valid before 2027-01-01", "expires on
/// 2026-02-01" when that is within 14 days of `now`.
ValidityConcern validity_concern(std::string_view certificate_pem, std::time_t now);

/// Whether a PEM text begins with a certificate.
bool holds_certificate(std::string_view pem);

/// The PEM texts are a certificate chain and the private key of its first certificate. Errors: invalid, with the
/// reason.
Result<> check_certificate(std::string_view certificate_pem, std::string_view key_pem);

}  // namespace posthouse::config
