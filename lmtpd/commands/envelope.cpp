// The envelope: MAIL, RCPT and RSET. Who isn't there is refused before the data.
#include <chrono>
#include <utility>
#include <variant>

#include "lmtpd/commands/commands.h"
#include "lmtpd/quota_check.h"

namespace posthouse::lmtpd {
namespace {

/// How long authd may take for one recipient.
constexpr std::chrono::seconds look_up_time{20};

smtp::Reply refusal(const Session& session, const smtp::Mailbox& address, const Error& error) {
    if (error.code == ErrorCode::not_found) return {550, "5.1.1", address.to_path() + " User unknown"};
    session.log().warning("cannot look up recipient", {{"recipient", address.to_string()}, {"error", error.message()}});
    return {451, "4.3.0", address.to_path() + " Cannot be looked up now, try again later"};
}

}  // namespace

/// MAIL (RFC 5321 §4.1.1.2).
net::Async<Answer> mail(Session& session, smtp::Command command) {
    smtp::Mail& mail = std::get<smtp::Mail>(command);
    session.transaction = session.forwarded.begin();
    session.transaction->sender = std::move(mail.sender);
    session.transaction->utf8 = mail.parameters.smtputf8;
    session.transaction->size = mail.parameters.size;
    co_return smtp::Reply(250, "2.1.0", "OK");
}

/// RCPT (RFC 5321 §4.1.1.3): the recipient must be a user who may receive, and whose mailbox has room.
net::Async<Answer> rcpt(Session& session, smtp::Command command) {
    smtp::Mailbox address = std::move(std::get<smtp::Rcpt>(command).recipient);
    const auto limit = static_cast<std::size_t>(session.config().lmtpd.recipient_limit);
    if (session.transaction->recipients.size() >= limit) co_return smtp::Reply(452, "4.5.3", "Too many recipients");
    const Result<auth::UserInfo> user =
        co_await session.services().users.find(address.to_string(), net::Deadline::in(look_up_time));
    if (!user) co_return refusal(session, address, user.error());
    const Result<storage::AccountName> account = storage::AccountName::parse(user->user);
    if (!account) {
        session.log().error("user has no mailbox here", {{"user", user->user}, {"error", account.error().message()}});
        co_return smtp::Reply(550, "5.2.1", address.to_path() + " User has no mailbox");
    }
    quota::Service& quota = session.services().quota;
    storage::SharedLimits limits = quota.limits(user->fields);
    if (limits) {
        const Result<> room =
            co_await check_room(quota, session.services().disk, *account, limits, session.transaction->size);
        if (auto refused = room ? std::nullopt : quota_refusal(room.error(), session.config())) {
            refused->lines = {address.to_path() + " " + refused->text()};
            co_return *std::move(refused);
        }
    }
    smtp::Reply accepted(250, "2.1.5", "OK");
    session.transaction->add_recipient(std::move(address), {*account, std::move(limits)});
    co_return accepted;
}

/// RSET (RFC 5321 §4.1.1.5).
net::Async<Answer> rset(Session& session, smtp::Command /*command*/) {
    session.reset();
    co_return smtp::Reply(250, "2.0.0", "OK");
}

}  // namespace posthouse::lmtpd
