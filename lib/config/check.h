// Checks beyond single values: are files there and usable, do certificate and key belong together, do values agree.
#pragma once

#include "lib/config/load.h"

namespace posthouse::config {

/// Everything that keeps the server from starting with `config`, as far as it shows without starting it. Opens files,
/// changes nothing. Empty: fine.
Problems check(const Config& config, const Origins& origins);

/// The PEM texts are a certificate chain and the private key of its first certificate. Errors: invalid, with the reason.
Result<> check_certificate(std::string_view certificate_pem, std::string_view key_pem);

}  // namespace posthouse::config
