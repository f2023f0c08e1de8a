// Dovecot auth protocol 1.2 and 1.3, from client to server: VERSION, CPID, AUTH, CONT, CANCEL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/sasl/channel_binding.h"
#include "lib/sasl/tabs.h"

namespace posthouse::sasl {

/// `VERSION <major> <minor>`; both sides send it first. Another major version cannot be understood.
struct Version {
    std::uint32_t major = 1;
    std::uint32_t minor = 2;
};

/// `CPID <pid>`: the client's process id; a number that no other connection of the time uses.
struct ClientPid {
    std::uint32_t pid = 0;
};

/// `AUTH <id> <mechanism> service=<name> [parameters…] [resp=<base64>]`: begins an exchange.
struct AuthCommand {
    std::uint32_t id = 0;   ///< unique on the connection while the exchange lasts
    std::string mechanism;  ///< as sent; see parse_mechanism
    std::string service;    ///< smtp, imap, pop3, …
    std::string local_ip;   ///< lip=: the address the user connected to
    std::string remote_ip;  ///< rip=: the user's address
    std::uint32_t local_port = 0;
    std::uint32_t remote_port = 0;
    std::string session;   ///< session=: id of the user's session, for logs
    bool secured = false;  ///< the user's connection is encrypted, so that plain text mechanisms are fine
    /// valid-client-cert and cert_username=: whom the certificate names that the user's TLS client has shown and that
    /// was verified; empty: there is none.
    std::string certificate_user;
    bool no_login = false;    ///< nologin: no master request follows
    bool no_penalty = false;  ///< no-penalty: a trusted client; failures are not counted
    /// channel-binding=<type>:<base64>, each: what the user's TLS connection has, for -PLUS. A word of this project.
    ChannelBindings channel_bindings;
    Parameters others;                       ///< what else was said, in its order
    std::optional<Secret> initial_response;  ///< resp=, decoded; always last on the line; `resp==` is an empty one
};

/// `CONT <id> <base64>`: the answer to a challenge.
struct ContinueCommand {
    std::uint32_t id = 0;
    Secret response;
};

/// AUTH or CONT with a response that is not base64. Its user's client wrote it, so it is that log-in that fails, while
/// others go on on the connection.
struct MalformedResponse {
    std::uint32_t id = 0;
};

/// `CANCEL <id>`: the exchange is given up.
struct CancelCommand {
    std::uint32_t id = 0;
};

/// A command of a later minor version: ignored.
struct UnknownLine {
    std::string name;
};

using ClientLine =
    std::variant<Version, ClientPid, AuthCommand, ContinueCommand, MalformedResponse, CancelCommand, UnknownLine>;

/// Parses one line without its LF. An error other than an unknown command ends the connection.
Result<ClientLine> parse_client_line(std::string_view line);

/// Each with its LF. Those with a response hold a secret: the caller wipes them.
std::string encode(const Version& version);
std::string encode(const ClientPid& pid);
std::string encode(const AuthCommand& command);
std::string encode(const ContinueCommand& command);
std::string encode(const CancelCommand& command);

}  // namespace posthouse::sasl
