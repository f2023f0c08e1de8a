// Envelope: what goes to lmtpd beside the content.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/parameters.h"

namespace posthouse::smtpd {

struct Envelope {
    smtp::ReversePath sender;
    smtp::MailParameters parameters;        ///< SIZE, BODY and SMTPUTF8 are passed on
    std::vector<smtp::Mailbox> recipients;  ///< final ones, none twice
    /// XFORWARD: IDENT (the transaction's id, which makes a repeated delivery harmless), ADDR, HELO, …
    std::vector<std::pair<std::string, std::string>> attributes;
};

}  // namespace posthouse::smtpd
