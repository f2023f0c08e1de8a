// The commands of smtpd as a table: where each is allowed, what it needs, who handles it, which section defines it.
#pragma once

#include <span>
#include <string_view>

#include "lib/net/async.h"
#include "lib/smtp/command.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// A handler gets a valid command in a permitted phase and answers it. A reply with code 0: nothing is left to
/// say, because the handler has said it, or (with session.ending) because the connection is gone.
/// nullptr: the command is BDAT, which `perform` gives to perform_bdat also where it is refused.
using Handler = net::Async<Answer> (*)(Session& session, smtp::Command command);

/// What must have happened before, on submission and submissions. On smtp nothing is needed.
enum class Needs { nothing, login };
/// Which services know a command at all.
enum class Known { everywhere, on_submission };

struct Row {
    smtp::Verb verb;
    unsigned phases;  ///< Phase bits
    Needs needs;
    Known known;
    Handler handler;
    std::string_view section;  ///< of the RFC
};

std::span<const Row> table();
/// nullptr: not a command of this service.
const Row* find_row(smtp::Verb verb, Service service);

}  // namespace posthouse::smtpd
