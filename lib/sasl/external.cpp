// EXTERNAL.
#include "lib/sasl/external.h"

#include "lib/base/ascii.h"
#include "lib/sasl/mechanism.h"

namespace posthouse::sasl {

Result<std::string> parse_external(std::string_view message) {
    if (message.size() > max_response) return fail(ErrorCode::limit, "SASL response too long");
    if (message.find('\0') != std::string_view::npos || !ascii::is_utf8(message))
        return fail(ErrorCode::invalid, "Malformed EXTERNAL message");
    return std::string(message);
}

}  // namespace posthouse::sasl
