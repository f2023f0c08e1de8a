// Delivered-To: the mark of a list on a message that has passed it, and what tells by it that the message comes back.
#pragma once

#include <optional>
#include <string>

#include "smtpd/receiving/header_collector.h"
#include "smtpd/refusal.h"
#include "smtpd/transaction.h"

namespace posthouse::smtpd {

/// "Delivered-To: list@domain" with CRLF, of each list on the way to the transaction's targets. Without `utf8` a list
/// whose address has no form in ASCII gets none.
std::string delivered_to_fields(const Transaction& transaction, bool utf8);

/// 554 5.4.6 for a message that has passed one of these lists already: a member sends it back, and each round would
/// make more of it. The first 100 of the fields are looked at.
std::optional<Refusal> list_loop(const Transaction& transaction, const HeaderCollector& header);

}  // namespace posthouse::smtpd
