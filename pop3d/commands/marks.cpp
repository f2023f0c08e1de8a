// DELE and RSET: marks that only QUIT makes true.
#include "pop3d/commands/commands.h"

namespace posthouse::pop3d {

/// DELE (RFC 1939 §5).
net::Async<Answer> dele(Session& session, pop3::Dele command) {
    Maildrop& maildrop = session.maildrop();
    if (maildrop.find(command.message) == nullptr) co_return pop3::err("No such message");
    maildrop.mark_deleted(command.message);
    co_return pop3::ok("Marked as deleted");
}

/// RSET (RFC 1939 §5).
net::Async<Answer> rset(Session& session, pop3::Rset /*command*/) {
    Maildrop& maildrop = session.maildrop();
    maildrop.unmark_deleted();
    co_return pop3::ok(std::to_string(maildrop.count()) + " messages, " + std::to_string(maildrop.octets()) +
                       " octets");
}

}  // namespace posthouse::pop3d
