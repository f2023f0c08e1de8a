// MessageFront: what goes before the content of a message, and what the message as a whole needs of those who pass it
// on.
#pragma once

#include <string>

#include "smtpd/receiving/reception.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

struct Facts {
    std::string front;        ///< Received, and on submission what the header lacked
    bool needs_utf8 = false;  ///< an address or the header can go only where SMTPUTF8 is offered (RFC 6531 §3.4)
};

/// The transaction's message is whole.
Facts facts_of(const Session& session, const Reception& message);

}  // namespace posthouse::smtpd
