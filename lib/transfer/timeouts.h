// How long a server may take for what a client asks of it (RFC 5321 §4.5.3.2).
#pragma once

#include <chrono>
#include <string>

namespace posthouse::transfer {

struct Timeouts {
    std::chrono::milliseconds hello{std::chrono::minutes(5)};       ///< greeting, EHLO, STARTTLS, AUTH, each
    std::chrono::milliseconds mail{std::chrono::minutes(5)};        ///< MAIL, RSET, XFORWARD
    std::chrono::milliseconds rcpt{std::chrono::minutes(5)};        ///< RCPT
    std::chrono::milliseconds data_init{std::chrono::minutes(2)};   ///< DATA
    std::chrono::milliseconds data_block{std::chrono::minutes(3)};  ///< 64 KiB of content
    std::chrono::milliseconds data_done{std::chrono::minutes(10)};  ///< the reply to the content
    std::chrono::milliseconds quit{std::chrono::seconds(10)};       ///< QUIT
    std::chrono::milliseconds message{std::chrono::hours(1)};       ///< a message on the whole
};

/// The value of XFORWARD FIRST for a message that is sent now: milliseconds since 1970 before which no time-out can end
/// the attempt, so that nobody makes a second one. At most `longest` from now.
std::string first_until(const Timeouts& timeouts, std::chrono::milliseconds longest);

}  // namespace posthouse::transfer
