// Transactions of LMTP: recipients and their mailboxes, ids, forwarded facts.
#include "lmtpd/transaction.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/random.h"

namespace posthouse::lmtpd {
namespace {

/// As storage::DeliveryOrder::id wants it.
bool is_delivery_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 &&
           std::ranges::all_of(id, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

}  // namespace

void Transaction::add_recipient(smtp::Mailbox address, const storage::AccountName& account) {
    const auto known = std::ranges::find(targets, account);
    const auto target = static_cast<std::size_t>(known - targets.begin());
    if (known == targets.end()) targets.push_back(account);
    recipients.push_back({std::move(address), target});
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
    const bool told = is_delivery_id(ident_);
    transaction.id = told ? ident_ : make_id();
    transaction.first_attempt = !told || first_attempt_;
    return transaction;
}

}  // namespace posthouse::lmtpd
