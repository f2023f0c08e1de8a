// Rate limits: the question to guardd.
#include "smtpd/rate_limits.h"

#include <algorithm>
#include <string>

#include "guardd/rate_limits.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::smtpd {
namespace {

bool limits_mail(const guard::RateLimits& limits) {
    return std::ranges::any_of(limits, [](const guard::Amounts& most) {
        return most[index(guard::Measure::messages)] > 0 || most[index(guard::Measure::recipients)] > 0;
    });
}

/// Which of them hold is guardd's to know; here only whether to ask.
bool has_limits(const Session& session) {
    const auto limits = guard::rate_limits_of(session.config->smtpd);
    const bool user = !session.user.empty();
    return limits_mail(limits[index(user ? guard::RateKind::user : guard::RateKind::client)]) ||
           limits_mail(limits[index(user ? guard::RateKind::user_domain : guard::RateKind::sender_domain)]);
}

/// One spelling of a domain for all senders. What users send without one counts as theirs.
std::string sender_of(const Session& session) {
    const Transaction& transaction = *session.transaction;
    if (!transaction.sender) return session.user;
    const smtp::Mailbox& sender = *transaction.sender;
    return sender.local_part + '@' + smtp::ascii_domain(sender.domain);
}

}  // namespace

net::Async<std::optional<Refusal>> rate_refusal(Session& session) {
    if (!has_limits(session)) co_return std::nullopt;
    const Transaction& transaction = *session.transaction;
    const Result<> counted = co_await session.parts.guard.message(session.connection.peer.ip(), session.user,
                                                                  sender_of(session), transaction.given.size());
    if (counted) co_return std::nullopt;
    if (counted.error().code == ErrorCode::denied)
        co_return Refusal({550, "5.5.3", counted.error().text}, Rule::rate_limit);
    co_return Refusal({450, "4.7.1", counted.error().text}, Rule::rate_limit);
}

}  // namespace posthouse::smtpd
