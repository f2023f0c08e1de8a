// What an SMTP or LMTP client says and learns: command lines, and the capabilities in the reply to EHLO or LHLO.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/parameters.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtp {

/// What a server offers.
struct Capabilities {
    bool pipelining = false;
    bool eightbitmime = false;
    bool enhanced_status = false;
    bool smtputf8 = false;
    bool starttls = false;
    bool dsn = false;
    std::optional<std::uint64_t> size;  ///< offered; 0: no fixed maximum
    std::vector<std::string> auth;      ///< mechanisms, upper case
    std::vector<std::string> xforward;  ///< attributes, upper case
    bool accepts_xforward(std::string_view attribute) const;
};
/// Reads the reply to EHLO or LHLO; its first line is the greeting.
Capabilities parse_capabilities(const Reply& reply);

/// "MAIL FROM:<…> SIZE=… BODY=… SMTPUTF8 …" with CRLF; only parameters that `capabilities` knows.
std::string mail_command(const ReversePath& sender, const MailParameters& parameters, const Capabilities& capabilities);
/// "RCPT TO:<…>" with CRLF.
std::string rcpt_command(const Mailbox& recipient);
/// XFORWARD lines with CRLF for those attributes that the server accepts, broken below 512 octets; an empty value is
/// sent as [UNAVAILABLE]. The number of lines (and so of replies) is the second of the pair.
std::pair<std::string, int> xforward_commands(const std::vector<std::pair<std::string, std::string>>& attributes,
                                              const Capabilities& capabilities);

}  // namespace posthouse::smtp
