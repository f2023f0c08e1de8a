// Transactions of LMTP: recipients and their mailboxes, ids, forwarded facts.
#include "lmtpd/transaction.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/random.h"

namespace posthouse::lmtpd {
namespace {

/// The year 2255: a time_point holds it.
constexpr std::uint64_t max_milliseconds = 9'000'000'000'000;

}  // namespace

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
        if (name != "FIRST") continue;
        const std::chrono::milliseconds until(std::min(ascii::parse_number(value).value_or(0), max_milliseconds));
        first_until_ = std::chrono::system_clock::time_point(until);
    }
}

Transaction Forwarded::begin() const {
    Transaction transaction;
    // Another server's ids (Postfix's short ones) come again after a while: taken for a repeat, mail would be lost.
    const bool told = is_id(ident_);
    transaction.id = told ? ident_ : make_id();
    transaction.first_until = told ? first_until_ : storage::always;
    return transaction;
}

}  // namespace posthouse::lmtpd
