// What an SMTP or LMTP client says and learns: command lines, and the capabilities in the reply to EHLO or LHLO.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/operational_limits.h"
#include "lib/smtp/parameters.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtp {

/// FUTURERELEASE (RFC 4865): how long, and until when, a server holds a message back.
struct FutureReleaseLimits {
    std::int64_t max_interval = 0;  ///< seconds
    std::int64_t max_time = 0;      ///< seconds since 1970
    bool operator==(const FutureReleaseLimits&) const = default;
};

/// What a server offers.
struct Capabilities {
    std::string name;  ///< of the server, as the first line tells it; it may be anything printable
    bool pipelining = false;
    bool eightbitmime = false;
    bool enhanced_status = false;
    bool smtputf8 = false;
    bool starttls = false;
    bool dsn = false;
    bool chunking = false;
    bool binarymime = false;
    bool requiretls = false;  ///< means something within TLS only (RFC 8689 §2)
    bool mt_priority = false;
    std::string priority_profile;                       ///< of MT-PRIORITY, upper case; empty: not told (RFC 6710)
    std::optional<std::uint64_t> size;                  ///< offered; 0: no fixed maximum
    std::optional<std::int64_t> deliver_by;             ///< offered; the least time it takes, 0: not told (RFC 2852)
    std::optional<FutureReleaseLimits> future_release;  ///< offered, with limits that could be read
    OperationalLimits limits;                           ///< LIMITS
    std::vector<std::string> auth;                      ///< mechanisms, upper case
    std::vector<std::string> xforward;                  ///< attributes, upper case
    bool accepts_auth(std::string_view mechanism) const;
    bool accepts_xforward(std::string_view attribute) const;
    /// The extensions whose parameters MAIL and RCPT may carry.
    Offered offered() const;
    bool operator==(const Capabilities&) const = default;
};
/// Reads the reply to EHLO or LHLO; its first line is the greeting. Keywords that nobody knows are passed over, as are
/// arguments that make no sense. A keyword that is repeated: the last one counts, but mechanisms add up.
Capabilities parse_capabilities(const Reply& reply);

/// "MAIL FROM:<…> SIZE=… BODY=… SMTPUTF8 …" with CRLF; only parameters that `capabilities` knows.
std::string mail_command(const ReversePath& sender, const MailParameters& parameters, const Capabilities& capabilities);
/// "RCPT TO:<…> NOTIFY=… ORCPT=…" with CRLF; only parameters that `capabilities` knows.
std::string rcpt_command(const Mailbox& recipient, const RcptParameters& parameters = {},
                         const Capabilities& capabilities = {});
/// "BDAT size LAST" with CRLF (RFC 3030 §2); the octets follow.
std::string bdat_command(std::uint64_t size, bool last);
/// XFORWARD lines with CRLF for those attributes that the server accepts, broken below 512 octets; an empty value is
/// sent as [UNAVAILABLE]. The number of lines (and so of replies) is the second of the pair.
std::pair<std::string, int> xforward_commands(const std::vector<std::pair<std::string, std::string>>& attributes,
                                              const Capabilities& capabilities);

}  // namespace posthouse::smtp
