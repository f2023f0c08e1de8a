// MAIL (RFC 5321 §4.1.1.2): begins a transaction.
//   mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
#include <variant>

#include "lib/base/random.h"
#include "smtpd/commands/handlers.h"

namespace posthouse::smtpd {

net::Async<smtp::Reply> handle_mail(Session& session, smtp::Command command) {
    auto& mail = std::get<smtp::Mail>(command);
    // RFC 1870 §6.1: a declared size over the limit is refused before anything is sent.
    const std::uint64_t limit = session.config->smtpd.message_size_limit;
    if (mail.parameters.size && *mail.parameters.size > limit) {
        co_return smtp::Reply(552, "5.3.4", "Message is larger than " + std::to_string(limit) + " bytes");
    }
    Transaction& transaction = session.transaction.emplace();
    transaction.id = make_id();
    transaction.sender = std::move(mail.sender);
    transaction.parameters = std::move(mail.parameters);
    co_return smtp::Reply(250, "2.1.0", "Sender ok");
}

}  // namespace posthouse::smtpd
