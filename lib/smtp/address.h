// Addresses and paths of the envelope (RFC 5321 §4.1.2, RFC 6531 §3.3): parsed, bounded, normalised, printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::smtp {

/// Whether an address may hold UTF-8: only in a transaction whose MAIL said SMTPUTF8 (RFC 6531 §3.4).
enum class Utf8 { refused, allowed };

/// Whether a sender may be a local part alone, `<root>`: of this site, as whoever hands over its mail knows (LMTP).
enum class Domain { required, optional };

/// A mailbox in its normalised form: the local part without quoting (its meaning, RFC 5321 §4.1.2: `"a"@x` is `a@x`),
/// the domain in lower case, an address literal in its canonical spelling. The local part keeps its case.
struct Mailbox {
    std::string local_part;
    std::string domain;  ///< empty for RCPT TO:<postmaster>, and where Domain::optional lets it be

    /// As it may stand in a command or a header: the local part quoted when it has to be. Without domain: the local
    /// part only.
    std::string to_string() const;
    /// "<…>" around to_string().
    std::string to_path() const;
    /// Holds bytes that need SMTPUTF8.
    bool needs_utf8() const;
    /// The domain is an address literal, [192.0.2.1] or [IPv6:2001:db8::1].
    bool is_address_literal() const { return domain.starts_with('['); }

    bool operator==(const Mailbox&) const = default;
};

/// The reverse path: nullopt is the null path `<>` of bounces.
using ReversePath = std::optional<Mailbox>;
/// The mailbox without angle brackets; the null path is "".
std::string to_text(const ReversePath& path);
/// `<>` or the mailbox in angle brackets.
std::string to_path(const ReversePath& path);

/// `local-part@domain`, nothing around it. Errors: `invalid`, `limit`, and `unsupported` when only UTF-8 is in the
/// way. The text names the part that is wrong.
Result<Mailbox> parse_mailbox(std::string_view text, Utf8 utf8 = Utf8::refused, Domain domain = Domain::required);

/// A path at the start of `text`, with its angle brackets; a source route (RFC 5321 §4.1.1.3) is dropped. `length`
/// receives the number of bytes it takes. `<>` gives nullopt.
Result<ReversePath> parse_path(std::string_view text, std::size_t& length, Utf8 utf8 = Utf8::refused,
                               Domain domain = Domain::required);

/// A domain (RFC 5321 §4.1.2) of at most 255 octets with labels of at most 63. Deviates from RFC 5321 §2.3.5: an
/// underscore is let through, because host names with one send real mail.
bool is_domain(std::string_view text, Utf8 utf8 = Utf8::refused);
/// The canonical spelling of an address literal with its brackets, e.g. "[IPv6:2001:db8::1]"; nullopt when it is none
/// (RFC 5321 §4.1.3; no other tags than IPv6 are registered for mail).
std::optional<std::string> parse_address_literal(std::string_view text);

}  // namespace posthouse::smtp
