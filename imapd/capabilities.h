// What CAPABILITY tells, by the state of the session (RFC 3501 §6.1.1).
#pragma once

#include <string>

namespace posthouse::imapd {

class Session;

/// The capabilities now, separated by spaces. Passwords that may not be sent in clear show as LOGINDISABLED, with no
/// AUTH= at all (RFC 3501 §6.2.3).
std::string capabilities(const Session& session);

}  // namespace posthouse::imapd
