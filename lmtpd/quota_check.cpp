// Room in mailboxes before the data.
#include "lmtpd/quota_check.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "lib/daemon/policy_requests.h"
#include "storage/store.h"

namespace posthouse::lmtpd {
namespace {

constexpr std::chrono::seconds look_up_time{20};
constexpr std::uint64_t max_size = std::uint64_t{1} << 50;

/// The action for one request.
net::Async<std::string> answer(quota::Service& quota, net::Pool& disk, auth::UserdbClient& users,
                               const config::Config& config, const policy::Request& request) {
    const std::string recipient(request.get("recipient"));
    if (!config.quota.enabled || recipient.empty()) co_return "DUNNO";
    const Result<auth::UserInfo> user = co_await users.find(recipient, net::Deadline::in(look_up_time));
    if (!user) co_return "DUNNO";  // whether there is such a user is for others to say
    const Result<storage::AccountName> account = storage::AccountName::parse(user->user);
    const storage::SharedLimits limits = quota.limits(user->fields);
    if (!account || !limits) co_return "DUNNO";
    const std::optional<std::uint64_t> said = ascii::parse_number(request.get("size"));
    // Postfix says 0 for a size that isn't known.
    const std::optional<std::uint64_t> size = said && *said > 0 ? said : std::nullopt;
    const Result<> room = co_await check_room(quota, disk, *account, limits, size);
    if (room) co_return "DUNNO";
    const std::optional<smtp::Reply> refusal = quota_refusal(room.error(), config);
    if (!refusal) co_return "DUNNO";
    log::info("no room", {{"recipient", recipient}, {"size", said.value_or(0)}, {"reason", room.error().text}});
    co_return std::to_string(refusal->code) + " " + refusal->status + " " + refusal->text();
}

}  // namespace

std::optional<smtp::Reply> quota_refusal(const Error& error, const config::Config& config) {
    if (error.code == ErrorCode::limit) return smtp::Reply(552, "5.2.3", "Message is larger than the mailbox may be");
    if (error.code != ErrorCode::over_quota) return std::nullopt;
    if (config.quota.full_tempfail) return smtp::Reply(452, "4.2.2", "Mailbox is full, try again later");
    return smtp::Reply(552, "5.2.2", "Mailbox is full");
}

net::Async<Result<>> check_room(quota::Service& quota, net::Pool& disk, const storage::AccountName& account,
                                const storage::SharedLimits& limits, std::optional<std::uint64_t> size) {
    storage::Usage added;
    if (size) added = {static_cast<std::int64_t>(std::min(*size, max_size)), 1};
    const storage::MailboxName inbox;
    storage::QuotaKeeper& keeper = quota.keeper();
    if (keeper.surely_fits(account, limits, inbox, added)) co_return Result<>{};
    Result<> fits = co_await disk.run_for(
        account.text(), [&] { return keeper.check(account, limits, inbox, added, storage::LastMail::may_exceed); });
    if (fits || fits.error().code == ErrorCode::over_quota || fits.error().code == ErrorCode::limit) co_return fits;
    log::warning("cannot tell whether there is room", {{"account", account.text()}, {"error", fits.error().message()}});
    co_return Result<>{};
}

net::Async<Result<>> serve_quota_questions(net::Stream& stream, quota::Service& quota, net::Pool& disk,
                                           auth::UserdbClient& users, std::function<config::Snapshot()> config) {
    for (;;) {
        Result<std::optional<policy::Request>> request = co_await daemon::read_policy_request(stream);
        if (!request) co_return fail(request.error());
        if (!*request) co_return Result<>{};
        policy::Reply reply;
        const config::Snapshot now = config();
        reply.action = co_await answer(quota, disk, users, *now, **request);
        Result<> written = co_await daemon::write_policy_reply(stream, reply);
        if (!written) co_return written;
    }
}

}  // namespace posthouse::lmtpd
