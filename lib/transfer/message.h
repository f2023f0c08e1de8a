// Message: the envelope of one transaction as a client sends it, and what it is answered.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/command.h"
#include "lib/smtp/parameters.h"
#include "lib/smtp/reply.h"
#include "lib/transfer/failure.h"

namespace posthouse::transfer {

struct Recipient {
    smtp::Mailbox address;
    smtp::RcptParameters parameters{};
};

struct Message {
    smtp::ReversePath sender;
    /// What the server doesn't offer is left out. Body::binary_mime: the content goes by BDAT, which it must offer.
    smtp::MailParameters parameters{};
    std::vector<Recipient> recipients;
    /// XFORWARD, of which goes what the server accepts.
    std::vector<std::pair<std::string, std::string>> attributes{};
};

/// What was said about a recipient: to MAIL, to its RCPT, to DATA or BDAT, or to the content.
struct Answer {
    smtp::Reply reply;
    smtp::Verb to = smtp::Verb::rcpt;  ///< what it means depends on that (smtp::verdict_of)
};

struct Sent {
    std::vector<std::optional<Answer>> answers;  ///< in the recipients' order; nullopt: none came
    std::optional<Failure> failure{};
};

}  // namespace posthouse::transfer
