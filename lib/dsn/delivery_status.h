// The part for programs: message/delivery-status (RFC 3464 §2), and its form with UTF-8 (RFC 6533 §4).
#pragma once

#include <span>
#include <string>

#include "lib/dsn/notification.h"

namespace posthouse::dsn {

/// How addresses and answers that are not ASCII are written.
enum class StatusForm {
    seven_bit,  ///< message/delivery-status: such addresses as utf-8-addr-xtext, "?" for other text
    utf8,       ///< message/global-delivery-status: as they are
};

/// The fields about the message, then a block of fields for each recipient, in lines that end in CRLF. Only what is
/// known is told. In the form `seven_bit` all of it is ASCII.
std::string delivery_status(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                            StatusForm form);

}  // namespace posthouse::dsn
