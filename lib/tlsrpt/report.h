// A TLS report: JSON (RFC 8460 §4.4), compressed, and as a message (RFC 8460 §5.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/smtp/address.h"
#include "lib/tlsrpt/counters.h"

namespace posthouse::tlsrpt {

struct Report {
    std::string organization;
    std::string contact;     ///< a mail address
    std::string id;          ///< unique
    std::string domain;      ///< whose policies these are
    std::int64_t start = 0;  ///< seconds since 1970; of a UTC day, usually
    std::int64_t end = 0;    ///< its last second
    std::vector<PolicyResults> policies;
};

/// The report in the schema of RFC 8460 §4.4. What is no UTF-8 is replaced.
std::string to_json(const Report& report);

/// In the format of gzip. Errors: internal.
Result<std::string> gzip(std::string_view bytes);

/// "mail.sender.example!example.com!1013662812!1013749130!id.json.gz" (RFC 8460 §5.1).
std::string file_name(const Report& report, std::string_view submitter);

/// The message that carries a report to `to`, with CRLF line ends; it has yet to be signed with DKIM (RFC 8460 §3). It
/// asks to be delivered whatever is wrong with TLS (RFC 8689 §3): that is what it tells of.
/// `submitter`: the domain that sends it, `from`: its sender, `date`: now, in seconds since 1970. Errors: invalid
/// (a domain or the id is not one that can stand in a header), internal.
Result<std::string> report_mail(const Report& report, std::string_view submitter, const smtp::Mailbox& from,
                                const smtp::Mailbox& to, std::int64_t date);

}  // namespace posthouse::tlsrpt
