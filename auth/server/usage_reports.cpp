// Usage reports: each takes the place of one of the same user that isn't written yet.
#include "auth/server/usage_reports.h"

#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/daemon/policy_requests.h"

namespace posthouse::auth {
namespace {

constexpr std::uint64_t max_number = std::uint64_t{1} << 60;

std::optional<std::int64_t> number_of(std::string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number > max_number) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

std::string take(const policy::Request& request, DirectoryKeeper& keeper, const SqlDirectorySettings& settings) {
    Result<UsageReport> report = parse_usage_report(request, settings.local_part);
    if (!report) return "REJECT " + report.error().text;
    if (settings.tables == Tables::foreign) return "DUNNO";
    std::string name = "usage of " + report->user;
    keeper.write(std::move(name), [told = std::move(*report)](Directory& directory) {
        return directory.set_usage(told.user, told.bytes, told.messages);
    });
    return "OK";
}

}  // namespace

Result<UsageReport> parse_usage_report(const policy::Request& request, LocalPart local_part) {
    if (request.get("request") != "mailbox_usage") return fail(ErrorCode::invalid, "Unknown request");
    const Result<MailAddress> address = parse_user_address(request.get("recipient"), local_part);
    if (!address) return fail(address.error());
    const auto bytes = number_of(request.get("size"));
    const auto messages = number_of(request.get("messages"));
    if (!bytes || !messages) return fail(ErrorCode::invalid, "A number is missing or too large");
    return UsageReport{address->text(), *bytes, *messages};
}

net::Async<Result<>> serve_usage_reports(net::Stream& stream, DirectoryKeeper& keeper,
                                         const SqlDirectorySettings& settings) {
    for (;;) {
        Result<std::optional<policy::Request>> request = co_await daemon::read_policy_request(stream);
        if (!request) co_return fail(request.error());
        if (!*request) co_return Result<>{};
        const policy::Reply reply{take(**request, keeper, settings)};
        Result<> written = co_await daemon::write_policy_reply(stream, reply);
        if (!written) co_return written;
    }
}

}  // namespace posthouse::auth
