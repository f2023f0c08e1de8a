// HELP (RFC 5321 §4.1.1.8): the commands of this service.
#include "smtpd/commands/handlers.h"
#include "smtpd/commands/table.h"

namespace posthouse::smtpd {

net::Async<Answer> handle_help(Session& session, smtp::Command) {
    std::string names = "Commands:";
    for (const Row& row : table()) {
        if (find_row(row.verb, session.service) != nullptr) names.append(" ").append(to_string(row.verb));
    }
    co_return smtp::Reply(214, "2.0.0", names);
}

}  // namespace posthouse::smtpd
