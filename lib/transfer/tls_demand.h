// TlsDemand: what a client asks of TLS with one server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/net/stream.h"
#include "lib/net/tls.h"

namespace posthouse::transfer {

struct TlsDemand {
    enum class Level {
        none,     ///< not even if it is offered
        may,      ///< if it is offered; who the server is doesn't matter
        encrypt,  ///< nothing is sent without; who the server is doesn't matter
        verify,   ///< nothing is sent but to a server that shows who it is
    };
    Level level = Level::none;
    bool implicit = false;  ///< TLS from the first byte, without STARTTLS (RFC 8314 §3)
    /// Of `may` and above: authorities, own certificate. It does not verify by itself.
    std::shared_ptr<const net::TlsContext> context{};
    std::string server_name{};  ///< for SNI; empty: none
    /// Names of which the server's certificate must have one, at the level `verify`. The others learn whether it has
    /// (Conversation::verified). Empty: `prepare` takes care of it.
    std::vector<std::string> names{};
    net::PrepareTls prepare{};  ///< for more: DANE
};

/// Sets up names and verification for a handshake; for start_tls_client.
net::PrepareTls preparation(const TlsDemand& demand);

}  // namespace posthouse::transfer
