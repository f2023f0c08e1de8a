// Outcome: what lmtpd's replies for the recipients mean for the message.
#include "smtpd/delivery/outcome.h"

#include <algorithm>
#include <string>

namespace posthouse::smtpd {

namespace {

/// Whoever was known when RCPT was answered and isn't now was removed or renamed this moment: the next try is answered
/// by what the directory says then.
smtp::Reply after_a_change(const smtp::Reply& reply) {
    if (reply.status != "5.1.1") return reply;
    return {451, "4.2.1", "Mailbox has changed its name or is gone; try again later"};
}

}  // namespace

Outcome combine(std::vector<smtp::Reply> replies, std::string_view transaction_id) {
    Outcome outcome;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (!replies[i].positive()) outcome.left.push_back(i);
    }
    if (outcome.left.empty()) {
        outcome.reply = {250, "2.0.0", "Ok: delivered, id " + std::string(transaction_id)};
        return outcome;
    }
    if (outcome.left.size() < replies.size()) return outcome;
    outcome.left.clear();
    std::ranges::transform(replies, replies.begin(), after_a_change);
    const auto transient = std::ranges::find_if(replies, &smtp::Reply::transient);
    outcome.reply = transient != replies.end() ? *transient : replies.front();
    if (outcome.reply.code < 400) outcome.reply = {451, "4.3.0", "Delivery gave no result; try again later"};
    return outcome;
}

}  // namespace posthouse::smtpd
