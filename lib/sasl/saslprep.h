// SASLprep (RFC 4013): names and passwords in the one form in which SCRAM compares them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::sasl {

/// The longest text that is prepared.
inline constexpr std::size_t max_prepared = 4096;

/// `text` prepared as a stored string (RFC 3454 §7: no unassigned code points): spaces beyond ASCII become a space,
/// what is commonly mapped to nothing goes, the rest becomes NFKC. ASCII without controls stays as it is. The caller
/// wipes a password's. Errors: invalid (no UTF-8, a prohibited character, or left-to-right and right-to-left mixed);
/// limit.
Result<std::string> saslprep(std::string_view text);

}  // namespace posthouse::sasl
