// The envelope of a message that is queued, out of what the client said.
#pragma once

#include <span>

#include "lib/smtp/data_decoder.h"
#include "queued/spool/envelope.h"
#include "smtpd/delivery/message_front.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// For these of the transaction's targets, by their places. Addresses go into ASCII unless the message needs SMTPUTF8.
/// `untried`: lmtpd was not handed it.
spool::Envelope queued_envelope(const Session& session, const smtp::DataFacts& content, const Facts& facts,
                                std::span<const std::size_t> targets, bool untried);

}  // namespace posthouse::smtpd
