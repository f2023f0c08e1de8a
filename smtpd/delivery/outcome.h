// Outcome: what lmtpd's replies for the recipients mean for the message.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/smtp/reply.h"

namespace posthouse::smtpd {

struct Outcome {
    smtp::Reply reply;              ///< for the client, when nobody is left
    std::vector<std::size_t> left;  ///< recipients, by their places, for whom the message has to be queued
};

/// All stored: 250. None: lmtpd's own error, the first transient one before a permanent one. Some: the others are left,
/// whatever lmtpd said of them, for the message can't be refused any more (docs/decisions/0083-direct-or-queued.md).
Outcome combine(std::vector<smtp::Reply> replies, std::string_view transaction_id);

}  // namespace posthouse::smtpd
