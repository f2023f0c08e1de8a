// The parameters that ESMTP extensions add to MAIL and RCPT, typed; which are understood depends on what was offered.
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
};

/// BODY= (RFC 6152 §2).
enum class Body { seven_bit, eight_bit_mime };
/// RET= (RFC 3461 §4.3).
enum class DsnReturn { full, headers };

/// What MAIL may say after the path.
struct MailParameters {
    std::optional<std::uint64_t> size;       ///< SIZE=, bytes (RFC 1870 §5)
    std::optional<Body> body;                ///< BODY= (RFC 6152 §2)
    bool smtputf8 = false;                   ///< SMTPUTF8 (RFC 6531 §3.4)
    std::optional<std::string> auth;         ///< AUTH=, decoded (RFC 4954 §5): "<>" or a mailbox
    std::optional<DsnReturn> ret;            ///< RET= (RFC 3461 §4.3)
    std::optional<std::string> envelope_id;  ///< ENVID=, decoded (RFC 3461 §4.4)
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
    std::string original_type;       ///< ORCPT= (RFC 3461 §4.2): "rfc822", or empty
    std::string original_recipient;  ///< decoded
    bool operator==(const RcptParameters&) const = default;
};

/// Parses what follows the path ("" or " KEY=value KEY …"). Errors: 501 5.5.4 for syntax and repeated keys, 555 5.5.4
/// for a key that is unknown or not offered.
Parsed<MailParameters> parse_mail_parameters(std::string_view text, const Offered& offered);
Parsed<RcptParameters> parse_rcpt_parameters(std::string_view text, const Offered& offered);

}  // namespace posthouse::smtp
