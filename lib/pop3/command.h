// POP3 commands (RFC 1939, RFC 2449, RFC 2595, RFC 5034): one line of a client as a typed value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace posthouse::pop3 {

/// Longest command line, CRLF included (RFC 2449 §4).
inline constexpr std::size_t max_command_octets = 255;
/// Longest AUTH line and SASL response, CRLF included: 12,288 octets of base64, as RFC 4954 §4 asks of SMTP.
inline constexpr std::size_t max_auth_octets = 12288;

/// Message number of the session, from 1 (RFC 1939 §5). Stays what it is when messages before it are deleted.
using MessageNumber = std::uint32_t;

struct User {
    std::string name;
};  ///< RFC 1939 §7
struct Pass {
    Secret password;
};  ///< RFC 1939 §7
struct Apop {
    std::string name, digest;
};  ///< RFC 1939 §7
/// RFC 5034 §4. Without a mechanism it asks for the list of them (the form before RFC 5034).
struct Auth {
    std::string mechanism;                   ///< upper case; empty: list the mechanisms
    std::optional<Secret> initial_response;  ///< decoded; "=" gives an empty one
};
struct Stls {};  ///< RFC 2595 §4
struct Capa {};  ///< RFC 2449 §5
struct Stat {};  ///< RFC 1939 §5
struct List {
    std::optional<MessageNumber> message;
};  ///< RFC 1939 §5
struct Uidl {
    std::optional<MessageNumber> message;
};  ///< RFC 1939 §7
struct Retr {
    MessageNumber message = 0;
};  ///< RFC 1939 §5
struct Top {
    MessageNumber message = 0;
    std::uint64_t body_lines = 0;
};  ///< RFC 1939 §7
struct Dele {
    MessageNumber message = 0;
};  ///< RFC 1939 §5
struct Noop {};  ///< RFC 1939 §5
struct Rset {};  ///< RFC 1939 §5
struct Quit {};  ///< RFC 1939 §4, §6
/// As Dovecot has it: a host that is trusted tells whose client it acts for. Other attributes are passed over.
struct Xclient {
    std::string address;  ///< ADDR=; empty: not said
    std::string port;     ///< PORT=; likewise
};

using Command =
    std::variant<User, Pass, Apop, Auth, Stls, Capa, Stat, List, Uidl, Retr, Top, Dele, Noop, Rset, Quit, Xclient>;

/// Parses one line without its CRLF. Errors, their text fit for -ERR: unsupported (unknown command), limit (line too
/// long), invalid (arguments). A keyword is matched without case; arguments stand after exactly one space; USER and
/// PASS take the rest of the line as it is, spaces included.
Result<Command> parse_command(std::string_view line);

/// A line that answers a SASL challenge (RFC 5034 §4): decoded base64; cancelled for "*", limit or invalid otherwise.
Result<Secret> parse_sasl_response(std::string_view line);

}  // namespace posthouse::pop3
