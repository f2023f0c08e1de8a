// The part for people (RFC 6522 §3): what happened, to whom, why, what will be done, whom to ask.
#pragma once

#include <span>
#include <string>

#include "lib/dsn/content.h"
#include "lib/dsn/notification.h"

namespace posthouse::dsn {

/// Whom a report is for.
enum class Audience {
    sender,      ///< who sent the message
    postmaster,  ///< the people who run this system: the sender could not be told
};

/// The text in UTF-8, in lines of at most 76 characters as far as words allow, ending in CRLF. What strangers wrote
/// stands indented: no line of theirs begins at the margin.
std::string explanation(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                        const Content& content, Audience audience);

/// The subject: ASCII, short, without words of strangers but the address that the sender wrote himself.
std::string subject(std::span<const Recipient> recipients, Audience audience);

}  // namespace posthouse::dsn
