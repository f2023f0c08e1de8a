// Rate limits: the question to guardd.
#include "smtpd/rate_limits.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "auth/client/sending_limit.h"
#include "guardd/rate_limits.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::smtpd {
namespace {

bool limits_mail(const guard::RateLimits& limits) {
    return std::ranges::any_of(limits, [](const guard::Amounts& most) {
        return most[index(guard::Measure::messages)] > 0 || most[index(guard::Measure::recipients)] > 0;
    });
}

/// One spelling of a domain for all senders. What users send without one counts as theirs.
std::string sender_of(const Session& session) {
    const Transaction& transaction = *session.transaction;
    if (!transaction.sender) return session.user;
    const smtp::Mailbox& sender = *transaction.sender;
    return sender.local_part + '@' + smtp::ascii_domain(sender.domain);
}

/// What the directory says of a user or @domain; of most it says nothing.
net::Async<Result<auth::SendingLimit>> own_limit(Session& session, std::string name) {
    Result<std::optional<std::string>> found =
        co_await session.parts.directory.look_up("sending_limit", std::move(name), session.lookup_deadline());
    if (!found) co_return fail(found.error());
    co_return auth::parse_sending_limit(found->value_or(std::string()));
}

std::optional<Refusal> too_many_of_a_message(const auth::SendingLimit& own, const std::string& name,
                                             std::uint64_t recipients) {
    const auto most = static_cast<std::uint64_t>(own.recipients_per_message.value_or(0));
    if (most == 0 || recipients <= most) return std::nullopt;
    return Refusal({550, "5.5.3",
                    "Too many recipients: " + name + " may have " + std::to_string(most) +
                        " in a message; send to fewer at a time"},
                   Rule::rate_limit);
}

}  // namespace

net::Async<std::optional<Refusal>> rate_refusal(Session& session) {
    const guard::KindLimits settings = guard::rate_limits_of(session.config->smtpd);
    const std::string sender = sender_of(session);
    const std::uint64_t recipients = session.transaction->given.size();
    policy::Request about = guard::about_message(session.connection.peer.ip(), session.user, sender, recipients);
    // Which of them hold is guardd's to know; here only whether to ask.
    bool limited = false;
    if (session.user.empty()) {
        limited = limits_mail(settings[index(guard::RateKind::client)]) ||
                  limits_mail(settings[index(guard::RateKind::sender_domain)]);
    } else {
        const std::array subjects{
            std::pair(guard::RateKind::user, session.user),
            std::pair(guard::RateKind::user_domain, sender.substr(std::min(sender.rfind('@'), sender.size())))};
        for (const auto& [kind, name] : subjects) {
            Result<auth::SendingLimit> own = co_await own_limit(session, name);
            if (!own)
                co_return Refusal({451, "4.3.0", "The directory is not available, try again later"}, Rule::directory,
                                  own.error().message());
            std::optional<Refusal> refused = too_many_of_a_message(*own, name, recipients);
            if (refused) co_return refused;
            const guard::RateLimits limits = guard::with_own(settings[index(kind)], *own);
            if (limits != settings[index(kind)]) guard::add_own_limits(about, kind, limits);
            limited = limited || limits_mail(limits);
        }
    }
    if (!limited) co_return std::nullopt;
    const Result<> counted = co_await session.parts.guard.message(std::move(about));
    if (counted) co_return std::nullopt;
    if (counted.error().code == ErrorCode::denied)
        co_return Refusal({550, "5.5.3", counted.error().text}, Rule::rate_limit);
    co_return Refusal({450, "4.7.1", counted.error().text}, Rule::rate_limit);
}

}  // namespace posthouse::smtpd
