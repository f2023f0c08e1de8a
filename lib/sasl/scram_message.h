// The messages of SCRAM (RFC 5802 §7), parsed and written.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sasl/gs2.h"
#include "lib/sasl/scram_keys.h"

namespace posthouse::sasl {

/// The longest nonce of a client.
inline constexpr std::size_t scram_max_nonce = 512;

/// `n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL`
struct ScramClientFirst {
    Gs2Header header;
    std::string header_text;  ///< as sent: the client-final-message repeats it
    std::string bare;         ///< client-first-message-bare, as sent
    std::string user;         ///< prepared by SASLprep
    std::string nonce;
};

/// Errors: invalid (also SASLprep, and the reserved extension `m=`, which must fail: §5.1); limit.
Result<ScramClientFirst> parse_scram_client_first(std::string_view message);

/// `c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`
struct ScramClientFinal {
    std::string channel_binding;  ///< decoded: the GS2 header and the data of the binding
    std::string nonce;
    std::string proof;          ///< decoded
    std::string without_proof;  ///< client-final-message-without-proof, as sent
};

/// Errors: invalid.
Result<ScramClientFinal> parse_scram_client_final(std::string_view message);

/// server-first-message: `r=…,s=…,i=…`.
std::string scram_server_first(std::string_view nonce, std::string_view salt, std::uint64_t iterations);
/// server-final-message: `v=…`.
std::string scram_server_final(std::string_view signature);

}  // namespace posthouse::sasl
