// EXTERNAL (RFC 4422 appendix A): who the client is has been shown elsewhere, by its TLS certificate.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::sasl {

/// The client's only message: whom to act as; empty: whoever the certificate is for. Errors: invalid (a NUL, no UTF-8);
/// limit.
Result<std::string> parse_external(std::string_view message);

}  // namespace posthouse::sasl
