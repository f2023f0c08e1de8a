// Which mechanisms a connection is offered.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sasl {

/// What is true of a connection.
struct Circumstances {
    bool may_send_secrets = false;  ///< TLS, or the administrator has allowed to go without
    bool channel_binding = false;   ///< the TLS connection can be bound to (channel_binding.h)
    bool certificate_user = false;  ///< the client has shown a certificate that names somebody
};

/// The mechanisms of `configured`, in its order, that may be used; before each SCRAM its -PLUS, where there is channel
/// binding; EXTERNAL where a certificate tells the user. Nothing before secrets may be sent: an eavesdropper could try
/// passwords against a SCRAM exchange.
std::vector<std::string> offered_mechanisms(std::span<const std::string> configured,
                                            const Circumstances& circumstances);

/// Whether `mechanism` (in upper case) is one of them.
bool is_offered(std::span<const std::string> configured, const Circumstances& circumstances,
                std::string_view mechanism);

/// All in one line, each with a space and `prefix` before it: " AUTH=PLAIN AUTH=LOGIN".
std::string mechanism_list(std::span<const std::string> mechanisms, std::string_view prefix = {});

}  // namespace posthouse::sasl
