// Transactions of LMTP: recipients and their mailboxes, ids, forwarded facts.
#include "lmtpd/transaction.h"

#include <algorithm>
#include <utility>

#include "lib/base/random.h"

namespace posthouse::lmtpd {
void Transaction::add_recipient(smtp::Mailbox address, Target target) {
    const auto known = std::ranges::find(targets, target.account, &Target::account);
    const auto index = static_cast<std::size_t>(known - targets.begin());
    if (known == targets.end()) targets.push_back(std::move(target));
    recipients.push_back({std::move(address), index});
}

void Forwarded::add(const smtp::Attributes& attributes) {
    for (const auto& [name, value] : attributes.values) {
        if (name == "IDENT") ident_ = value;
        if (name == "ADDR") address_ = value;
        if (name == "ATTEMPT") first_attempt_ = value == "1";
    }
}

Transaction Forwarded::begin() const {
    Transaction transaction;
    // Another server's ids (Postfix's short ones) come again after a while: taken for a repeat, mail would be lost.
    const bool told = is_id(ident_);
    transaction.id = told ? ident_ : make_id();
    transaction.first_attempt = !told || first_attempt_;
    return transaction;
}

}  // namespace posthouse::lmtpd
