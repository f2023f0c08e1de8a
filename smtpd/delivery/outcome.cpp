// Outcome: one reply to the client out of lmtpd's replies for the recipients.
#include "smtpd/delivery/outcome.h"

#include <algorithm>

namespace posthouse::smtpd {

namespace {

/// Whoever was known when RCPT was answered and isn't now was removed or renamed this moment: the next try is answered
/// by what the directory says then.
smtp::Reply after_a_change(const smtp::Reply& reply) {
    if (reply.status != "5.1.1") return reply;
    return {451, "4.2.1", "Mailbox has changed its name or is gone; try again later"};
}

}  // namespace

smtp::Reply combine(const std::vector<smtp::Mailbox>& recipients, std::vector<smtp::Reply> replies,
                    std::string_view transaction_id) {
    std::ranges::transform(replies, replies.begin(), after_a_change);
    auto failed = std::ranges::find_if(replies, &smtp::Reply::transient);
    if (failed == replies.end()) failed = std::ranges::find_if_not(replies, &smtp::Reply::positive);
    if (failed == replies.end()) return {250, "2.0.0", "Ok: delivered, id " + std::string(transaction_id)};
    smtp::Reply reply = *failed;
    if (reply.code < 400) return {451, "4.3.0", "Delivery gave no result; try again later"};
    if (std::ranges::any_of(replies, &smtp::Reply::positive)) {
        const auto index = static_cast<std::size_t>(failed - replies.begin());
        reply.lines = {recipients[index].to_path() + ": " + reply.text() + " (other recipients have the message)"};
    }
    return reply;
}

}  // namespace posthouse::smtpd
