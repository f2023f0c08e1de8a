// MessageFront: what goes before the content of a message, and what the message as a whole needs of those who pass it
// on.
#pragma once

#include <string>

#include "smtpd/receiving/reception.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

struct Facts {
    std::string front;        ///< Delivered-To of lists, Received, and on submission what the header lacked
    bool needs_utf8 = false;  ///< an address or the header can go only where SMTPUTF8 is offered (RFC 6531 §3.4)
    /// The header has TLS-Required: No; with REQUIRETLS that doesn't count (RFC 8689 §3).
    bool tls_optional = false;
};

/// The transaction's message is whole.
Facts facts_of(const Session& session, const Reception& message);

}  // namespace posthouse::smtpd
