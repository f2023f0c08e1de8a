// Outcome: one reply to the client out of lmtpd's replies for the recipients.
#pragma once

#include <string_view>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtpd {

/// 250 when all were stored. Else the error of the first recipient with a transient failure, else of the first with a
/// permanent one: lmtpd's own reply when it speaks for all, with the recipient named when others were stored
/// (docs/decisions/0030-no-queue-yet.md).
smtp::Reply combine(const std::vector<smtp::Mailbox>& recipients, std::vector<smtp::Reply> replies,
                    std::string_view transaction_id);

}  // namespace posthouse::smtpd
