// The tagged reply of a command: a value that handlers return. Response codes: RFC 3501 §7.1, RFC 5530.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::imapd {

struct Reply {
    enum class Kind { ok, no, bad };
    /// What follows the reply.
    enum class Then {
        go_on,
        start_tls,
        start_compression,
        stop_compression,  ///< if it is active
        log_out,           ///< the connection ends
    };
    Kind kind = Kind::ok;
    std::string text;  ///< with its response code, if it has one; one line
    Then then = Then::go_on;
    std::optional<Error> error = std::nullopt;  ///< what it was, for the log
    /// Messages went by this command: with QRESYNC the reply tells HIGHESTMODSEQ (RFC 7162 §3.2.7).
    bool tells_modseq = false;
};

Reply ok(std::string text, Reply::Then then = Reply::Then::go_on);
Reply no(std::string text);
Reply bad(std::string text);
/// NO with the response code that stands for the error (RFC 5530 §3), and its text.
Reply no(const Error& error);
/// As no(error); a mailbox that is not there gets TRYCREATE (RFC 3501 §7.1): for the target of APPEND, COPY and MOVE.
Reply no_target(const Error& error);
/// A command that could not be parsed: BAD, or NO where the error brings a response code of its own.
Reply refused(const Error& error);

/// `tag OK text` CRLF.
std::string print(std::string_view tag, const Reply& reply);

}  // namespace posthouse::imapd
