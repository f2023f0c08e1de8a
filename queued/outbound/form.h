// Form: how a message goes to a server that offers these extensions, and why it can't.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/mime/downgrade.h"
#include "lib/smtp/client.h"
#include "lib/transfer/message.h"
#include "queued/spool/envelope.h"

namespace posthouse::queued {

/// What is left to be asked of the content, for which it must be read.
enum class Look {
    none,
    header,  ///< whether its header is internationalised: then it can't go (RFC 6531 §3.4)
};

struct Form {
    transfer::Message message{};  ///< without SIZE and recipients
    bool utf8 = false;            ///< with SMTPUTF8
    Look look = Look::none;
    std::optional<mime::LineForm> downgrade{};  ///< the content must be brought into this form (RFC 6152 §3)
};

/// A message for a server that offers `capabilities`. `now`: seconds since 1970. Refused, for good: 552 5.3.4 (larger
/// than it takes, RFC 1870 §6.1), 550 5.6.7 (needs SMTPUTF8), 550 5.3.3 (BY=…;R where DELIVERBY isn't offered or can't
/// be kept, RFC 2852), 550 5.4.7 (that time is over), 550 5.7.30 (REQUIRETLS isn't offered, RFC 8689).
std::expected<Form, smtp::Reply> fit(const spool::Envelope& envelope, const smtp::ReversePath& sender,
                                     std::uint64_t size, bool requires_tls, const smtp::Capabilities& capabilities,
                                     std::int64_t now);

/// A recipient in the form that the message has; 550 5.6.7: the address needs SMTPUTF8.
std::expected<transfer::Recipient, smtp::Reply> fit(const spool::Recipient& recipient, bool utf8);

/// Those of `recipients` (places in the envelope) that may be in one transaction: RCPTMAX and RCPTDOMAINMAX of LIMITS
/// (RFC 9422). At least one.
std::vector<std::uint32_t> first_batch(const std::vector<std::uint32_t>& recipients, const spool::Envelope& envelope,
                                       const smtp::OperationalLimits& limits);

}  // namespace posthouse::queued
