// Ban in JSON.
#include "guardd/ban.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/base/ascii.h"
#include "lib/net/address.h"

namespace posthouse::guard {
namespace {

using Json = nlohmann::json;

Result<std::string> text_of(const Json& document, const char* name) {
    const auto found = document.find(name);
    if (found == document.end() || !found->is_string())
        return fail(ErrorCode::invalid, std::string("No text ") + name + " in a ban");
    return found->get<std::string>();
}

Result<WallTime> time_of(const Json& document, const char* name) {
    const auto found = document.find(name);
    if (found == document.end() || !found->is_number_integer())
        return fail(ErrorCode::invalid, std::string("No time ") + name + " in a ban");
    const WallTime time(found->get<std::int64_t>());
    if (time < WallTime::zero() || time > latest_end)
        return fail(ErrorCode::invalid, std::string("Number out of range in ") + name);
    return time;
}

}  // namespace

Result<BanSubject> ban_subject(std::string_view network, std::string_view account) {
    if (network.empty() && account.empty()) return fail(ErrorCode::invalid, "A ban needs a network or an account");
    if (account.size() > max_account_octets) return fail(ErrorCode::invalid, "No account has so long a name");
    if (!ascii::is_utf8(account) || std::ranges::any_of(account, ascii::is_control))
        return fail(ErrorCode::invalid, "No account has such a name");
    BanSubject subject{{}, ascii::lower(account)};
    if (network.empty()) return subject;
    const Result<net::Network> parsed = net::Network::parse(network);
    if (!parsed) return fail(parsed.error());
    subject.network = parsed->to_string();
    return subject;
}

Json to_json(const Ban& ban) {
    return {{"network", ban.subject.network}, {"account", ban.subject.account},
            {"since", ban.since.count()},     {"until", ban.until ? Json(ban.until->count()) : Json()},
            {"by_hand", ban.by_hand},         {"reason", ban.reason}};
}

Result<Ban> ban_from(const Json& document) {
    if (!document.is_object()) return fail(ErrorCode::invalid, "A ban is no JSON object");
    const Result<std::string> network = text_of(document, "network");
    if (!network) return fail(network.error());
    const Result<std::string> account = text_of(document, "account");
    if (!account) return fail(account.error());
    Result<BanSubject> subject = ban_subject(*network, *account);
    if (!subject) return fail(subject.error());
    Ban ban;
    ban.subject = std::move(*subject);
    const Result<WallTime> since = time_of(document, "since");
    if (!since) return fail(since.error());
    ban.since = *since;
    if (!document.contains("until") || !document["until"].is_null()) {
        const Result<WallTime> until = time_of(document, "until");
        if (!until) return fail(until.error());
        ban.until = *until;
    }
    const auto by_hand = document.find("by_hand");
    if (by_hand == document.end() || !by_hand->is_boolean()) return fail(ErrorCode::invalid, "No by_hand in a ban");
    ban.by_hand = by_hand->get<bool>();
    if (!ban.by_hand && !ban.until) return fail(ErrorCode::invalid, "A ban for failures without an end");
    Result<std::string> reason = text_of(document, "reason");
    if (!reason) return fail(reason.error());
    if (reason->size() > max_reason_octets) return fail(ErrorCode::invalid, "The reason of a ban is too long");
    ban.reason = std::move(*reason);
    return ban;
}

}  // namespace posthouse::guard
