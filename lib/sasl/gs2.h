// The GS2 header (RFC 5801 §4), with which the messages of SCRAM and OAUTHBEARER begin, and its saslname.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::sasl {

/// What a client says of channel binding.
enum class BindingFlag {
    not_supported,  ///< n: the client doesn't do it
    not_offered,    ///< y: it does, but believes that the server doesn't
    used,           ///< p: the exchange is bound
};

struct Gs2Header {
    BindingFlag flag = BindingFlag::not_supported;
    std::string binding;           ///< name of the binding, with `used`
    std::string authorization_id;  ///< whom to act as; empty: the user itself
    std::size_t length = 0;        ///< bytes of the header, with its last comma
};

/// gs2-header = gs2-cb-flag "," [gs2-authzid] ",". Errors: invalid.
Result<Gs2Header> parse_gs2_header(std::string_view message);

/// Decodes a saslname: `=2C` is a comma, `=3D` an equals sign. Errors: invalid (another `=`, a comma, a NUL, no UTF-8,
/// empty).
Result<std::string> decode_saslname(std::string_view text);

}  // namespace posthouse::sasl
