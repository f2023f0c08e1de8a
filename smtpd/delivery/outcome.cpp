// Outcome: one reply to the client out of lmtpd's replies for the recipients.
#include "smtpd/delivery/outcome.h"

#include <algorithm>

namespace posthouse::smtpd {

smtp::Reply combine(const std::vector<smtp::Mailbox>& recipients, const std::vector<smtp::Reply>& replies,
                    std::string_view transaction_id) {
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
