// Commands of SMTP (RFC 5321 §4.1.1), submission and LMTP (RFC 2033), from a line to a typed value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/parameters.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtp {

enum class Verb {
    helo,
    ehlo,
    lhlo,
    mail,
    rcpt,
    data,
    bdat,
    rset,
    noop,
    quit,
    vrfy,
    expn,
    help,
    starttls,
    auth,
    xforward,
    xclient
};

/// The verb as it is written, e.g. "MAIL".
std::string_view to_string(Verb verb);
/// The longest line of this verb, with CRLF (RFC 5321 §4.5.3.1.4 and the extensions).
std::size_t max_line(Verb verb);

/// HELO, EHLO, LHLO: the name the client gives. At most 255 printable ASCII characters without space; whether it is a
/// domain or literal at all is for policy to judge (is_domain, parse_address_literal).
struct Hello {
    Verb verb = Verb::ehlo;
    std::string name;
    bool operator==(const Hello&) const = default;
};
/// MAIL FROM:<…> (RFC 5321 §4.1.1.2).
struct Mail {
    ReversePath sender;
    MailParameters parameters;
    bool operator==(const Mail&) const = default;
};
/// RCPT TO:<…> (RFC 5321 §4.1.1.3).
struct Rcpt {
    Mailbox recipient;
    RcptParameters parameters;
    bool operator==(const Rcpt&) const = default;
};
/// BDAT (RFC 3030 §2): as many octets of the message follow the command's line. Where the size can't be read, nobody
/// knows where the next command begins: after that 501 the session must end. chunking.h has the order of chunks.
struct Bdat {
    std::uint64_t size = 0;
    bool last = false;
    bool operator==(const Bdat&) const = default;
};
/// DATA, RSET, QUIT, STARTTLS: verbs without argument.
struct Plain {
    Verb verb = Verb::noop;
    bool operator==(const Plain&) const = default;
};
/// NOOP, HELP, VRFY, EXPN: verbs with free text (required for the last two).
struct WithText {
    Verb verb = Verb::noop;
    std::string text;
    bool operator==(const WithText&) const = default;
};
/// AUTH (RFC 4954 §4). The initial response is still base64 (and checked to be), an empty one ("=") is "". It holds a
/// password: wipe it.
struct Auth {
    std::string mechanism;  ///< in upper case
    std::optional<std::string> initial_response;
    bool operator==(const Auth&) const = default;
};
/// XFORWARD and XCLIENT (Postfix's extensions): names in upper case and decoded values, e.g. IDENT, ADDR, HELO.
/// [UNAVAILABLE] and [TEMPUNAVAIL] are given as empty values.
struct Attributes {
    Verb verb = Verb::xforward;
    std::vector<std::pair<std::string, std::string>> values;
    /// The value of `name`; nullopt when it was not sent.
    std::optional<std::string_view> find(std::string_view name) const;
    bool operator==(const Attributes&) const = default;
};

using Command = std::variant<Hello, Mail, Rcpt, Bdat, Plain, WithText, Auth, Attributes>;

/// A line divided into its verb and the rest.
struct CommandLine {
    std::string_view word;       ///< as the client wrote it
    std::optional<Verb> verb;    ///< nullopt: not a command we know
    std::string_view arguments;  ///< without the space before it and without trailing spaces
};

/// Divides a line (without CRLF). Verbs are known in any case (RFC 5321 §2.4). Never fails.
CommandLine split_command(std::string_view line);

/// What a session allows at this moment.
struct ParseOptions {
    Offered offered;
    /// RCPT comes after a MAIL with SMTPUTF8. (For MAIL its own parameter decides.)
    bool utf8_transaction = false;
    /// Of MAIL's address. Where it is optional that deviates from RFC 5321 §4.1.2: because senders of this site, such
    /// as cron's, come without one, and mail that is here already is better delivered than refused.
    Domain sender_domain = Domain::required;
};

/// Parses the arguments of a known verb. Errors are the replies to send: 501 5.5.4 syntax, 501 5.1.7 sender, 501 5.1.3
/// recipient, 553 5.6.7 UTF-8 without SMTPUTF8, 555 5.5.4 unknown parameter, 500 5.5.2 line too long or NUL in it.
Parsed<Command> parse_arguments(Verb verb, std::string_view arguments, const ParseOptions& options = {});
/// split_command and parse_arguments; an unknown verb is 500 5.5.1.
Parsed<Command> parse_command(std::string_view line, const ParseOptions& options = {});

}  // namespace posthouse::smtp
