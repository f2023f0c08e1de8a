// What lmtpd tells of a message's story.
#pragma once

#include <cstdint>
#include <string>

#include "lib/smtp/reply.h"
#include "lmtpd/session.h"
#include "storage/delivery.h"

namespace posthouse::lmtpd {

/// A recipient of the present transaction was refused, for now or for good; `reason` is what the reply doesn't say.
void tell_refused(const Session& session, std::string command, const std::string& recipient, const smtp::Reply& reply,
                  std::string reason = {});
/// A recipient has the message.
void tell_delivered(const Session& session, const Recipient& recipient, const storage::Delivered& delivered,
                    std::uint64_t size, const std::string& message_id);

}  // namespace posthouse::lmtpd
