// Token introspection (RFC 7662): the issuer is asked over HTTP whether a token is good. The only file that sees
// libcurl.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace posthouse::auth {

struct IntrospectionSettings {
    std::string url;                 ///< https:// or http://; nothing else is spoken
    std::string client_id;           ///< empty: no authentication
    std::string client_secret_file;  ///< its first line; read each time
    std::string tls_ca_cert_file;    ///< empty: the system's authorities
    std::chrono::milliseconds timeout{5000};
};

/// The longest answer that is read.
inline constexpr std::size_t max_introspection_answer = 64 * 1024;

/// What the server answers about the token, a JSON object if it speaks RFC 7662. Blocks for `timeout` at most. Follows
/// no redirect and uses no proxy. Errors: unavailable (no answer in time, or another status than 200, which the detail
/// tells: a server that doesn't let us ask says nothing about the token).
Result<std::string> introspect(const IntrospectionSettings& settings, std::string_view token);

}  // namespace posthouse::auth
