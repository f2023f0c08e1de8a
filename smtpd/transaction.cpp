// Transaction: one message from MAIL to the reply to its content.
#include "smtpd/transaction.h"

namespace posthouse::smtpd {

std::optional<std::int64_t> hold_until(const Transaction& transaction) {
    if (const auto seconds = transaction.parameters.hold_for) return transaction.arrived + *seconds;
    return transaction.parameters.hold_until;
}

}  // namespace posthouse::smtpd
