// What a remote server's reply means for the message, and how it is told in logs and DSNs.
#pragma once

#include <cstddef>
#include <string>

#include "lib/smtp/address.h"
#include "lib/smtp/command.h"
#include "lib/smtp/reply.h"

namespace posthouse::smtp {

/// RFC 5321 §4.2.1: done is 2yz, go_on 3yz.
enum class Verdict { done, go_on, transient, permanent };

/// What the reply to `command` means. 552 to RCPT is transient, unless its status tells of something else than too many
/// recipients (RFC 5321 §4.5.3.1.10). 3yz to any command but DATA and AUTH, and a code that no reply has, is transient:
/// the server is confused, and may be mended.
Verdict verdict_of(const Reply& reply, Verb command);

/// The status for a DSN (RFC 3464 §2.3.4): the reply's own, else that of its class without detail, "5.0.0".
std::string status_of(const Reply& reply);

/// The reply in one line of at most `max_size` octets (at least 8), "550 5.1.1 No such user": for logs, and for
/// Diagnostic-Code behind "smtp; " (RFC 3464 §2.3.6). What can't be printed is "?", as is UTF-8 where it isn't allowed;
/// a text that is cut ends in "...".
std::string diagnostic(const Reply& reply, std::size_t max_size, Utf8 utf8 = Utf8::refused);

}  // namespace posthouse::smtp
