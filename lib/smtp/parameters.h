// The parameters that ESMTP extensions add to MAIL and RCPT, typed; which are understood depends on what was offered.
// And what a client writes of them for a server that offers some.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/address.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtp {

/// The extensions a server offered in its EHLO reply. A parameter of one that was not offered: 555 5.5.4.
struct Offered {
    bool size = false;
    bool eightbitmime = false;
    bool auth = false;
    bool smtputf8 = false;
    bool dsn = false;
    bool binarymime = false;     ///< and CHUNKING, which it needs (RFC 3030 §3)
    bool requiretls = false;     ///< only within TLS (RFC 8689 §2)
    bool futurerelease = false;  ///< to submission only (RFC 4865)
    bool deliverby = false;
    bool mt_priority = false;
};

/// BODY= (RFC 6152 §2, RFC 3030 §3).
enum class Body { seven_bit, eight_bit_mime, binary_mime };
/// BY= (RFC 2852): within how many seconds to deliver; a time that has passed is zero or less.
struct DeliverBy {
    /// What comes when the time is over: N, a delay DSN, and delivery goes on; R, the message is returned.
    enum class Mode { notify, return_message };
    std::int64_t seconds = 0;  ///< at most 9 digits and a sign
    Mode mode = Mode::notify;
    bool trace = false;  ///< T: a DSN from who relays it to a server that doesn't know BY
    bool operator==(const DeliverBy&) const = default;
};
/// RET= (RFC 3461 §4.3).
enum class DsnReturn { full, headers };

/// The bounds of MT-PRIORITY= (RFC 6710).
inline constexpr int min_priority = -9;
inline constexpr int max_priority = 9;
/// The most seconds that HOLDFOR= and BY= can say: nine digits.
inline constexpr std::int64_t max_interval = 999'999'999;

/// What MAIL may say after the path.
struct MailParameters {
    std::optional<std::uint64_t> size;       ///< SIZE=, bytes (RFC 1870 §5)
    std::optional<Body> body;                ///< BODY= (RFC 6152 §2, RFC 3030 §3)
    bool smtputf8 = false;                   ///< SMTPUTF8 (RFC 6531 §3.4)
    std::optional<std::string> auth;         ///< AUTH=, decoded (RFC 4954 §5): "<>" or a mailbox
    std::optional<DsnReturn> ret;            ///< RET= (RFC 3461 §4.3)
    std::optional<std::string> envelope_id;  ///< ENVID=, decoded (RFC 3461 §4.4)
    bool require_tls = false;                ///< REQUIRETLS (RFC 8689 §2)
    /// HOLDFOR=: seconds from now, 1 to max_interval (RFC 4865). Never together with the next.
    std::optional<std::int64_t> hold_for;
    std::optional<std::int64_t> hold_until;  ///< HOLDUNTIL=, seconds since 1970 (RFC 4865)
    std::optional<DeliverBy> deliver_by;     ///< BY= (RFC 2852)
    std::optional<int> priority;             ///< MT-PRIORITY=, min_priority to max_priority (RFC 6710)
    bool operator==(const MailParameters&) const = default;
};

/// NOTIFY= (RFC 3461 §4.1). NEVER: all false.
struct DsnNotify {
    bool success = false;
    bool failure = false;
    bool delay = false;
    bool operator==(const DsnNotify&) const = default;
};

/// What RCPT may say after the path.
struct RcptParameters {
    std::optional<DsnNotify> notify;
    std::string original_type;       ///< ORCPT= (RFC 3461 §4.2): "rfc822", "utf-8" (RFC 6533 §3), or empty
    std::string original_recipient;  ///< decoded; of the type utf-8 it may hold UTF-8
    bool operator==(const RcptParameters&) const = default;
};

/// Parses what follows the path ("" or " KEY=value KEY …"). Errors: 501 5.5.4 for syntax, repeated keys and keys that
/// exclude each other, 555 5.5.4 for a key that is unknown or not offered.
Parsed<MailParameters> parse_mail_parameters(std::string_view text, const Offered& offered);
/// The same of RCPT. `utf8`: the transaction's MAIL said SMTPUTF8, so ORCPT= may hold UTF-8 as it is (RFC 6533 §3).
Parsed<RcptParameters> parse_rcpt_parameters(std::string_view text, const Offered& offered, Utf8 utf8 = Utf8::refused);

/// The parameters as a client writes them, each with a space before it; only those of extensions that are offered. What
/// was asked for and isn't offered is left out: whether the message may go there all the same, the caller decides
/// (REQUIRETLS, RFC 8689 §4.2.1: it may not).
std::string write_mail_parameters(const MailParameters& parameters, const Offered& offered);
std::string write_rcpt_parameters(const RcptParameters& parameters, const Offered& offered);

}  // namespace posthouse::smtp
