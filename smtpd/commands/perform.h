// perform: one command line, from the table to its reply.
#pragma once

#include <string>

#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Looks the verb up, checks phase and needs, parses, runs the handler, counts and logs. A reply with code 0 is not to
/// be sent (see Handler).
net::Async<smtp::Reply> perform(Session& session, std::string line);

}  // namespace posthouse::smtpd
