// Failure: why a conversation with a server ended before its time, in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/smtp/reply.h"

namespace posthouse::transfer {

/// What the conversation was at.
enum class Step { greeting, hello, starttls, handshake, login, envelope, content, end_of_content };
/// "while waiting for the greeting", …
std::string_view to_string(Step step);

/// After it the conversation is of no use any more.
struct Failure {
    enum class Kind {
        lost,      ///< the connection broke, or nothing came in time
        nonsense,  ///< what came is no reply of SMTP
        refused,   ///< `reply` says no
        tls,       ///< what was demanded of TLS can't be had
        local,     ///< the fault is of this side: content that can't be read, credentials that can't be used
        ended,     ///< by this side
    };
    Kind kind = Kind::lost;
    Step step = Step::greeting;
    std::string text;                  ///< for people, without the server's name; begins with a small letter
    std::optional<smtp::Reply> reply;  ///< of `refused`, and of `tls` when STARTTLS was refused
    bool offers_tls = false;           ///< of `tls`: STARTTLS was offered
    long verify_result = 0;            ///< of `tls`: X509_V_…, why the certificate is not good; X509_V_OK: not that
};

/// The failure of an operation of the stream.
Failure from_error(const Error& error, Step step);

}  // namespace posthouse::transfer
