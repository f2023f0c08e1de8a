// Transaction: one message from MAIL to the reply to its content.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/parameters.h"

namespace posthouse::smtpd {

struct Transaction {
    std::string id;  ///< born at MAIL; makes a repeated delivery harmless, and finds the message in every log
    smtp::ReversePath sender;
    smtp::MailParameters parameters;
    std::vector<smtp::Mailbox> given;    ///< recipients as the client named them
    std::vector<smtp::Mailbox> targets;  ///< final recipients, none twice
    std::unordered_set<std::string> known_targets;
};

}  // namespace posthouse::smtpd
