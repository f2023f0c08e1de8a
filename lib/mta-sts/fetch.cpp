// Fetching a policy.
#include "lib/mta-sts/fetch.h"

#include "lib/base/ascii.h"
#include "lib/https/request.h"
#include "lib/mta-sts/policy.h"

namespace posthouse::mta_sts {
namespace {

/// "text/plain", whatever parameters follow.
bool is_plain_text(std::string_view type) {
    return ascii::iequals(ascii::trim(type.substr(0, type.find(';'))), "text/plain");
}

}  // namespace

Result<std::string> fetch_policy(const FetchSettings& settings, std::string_view domain,
                                 const std::vector<net::Address>& addresses) {
    const https::Request request{.place = {.host = "mta-sts." + std::string(domain),
                                           .port = settings.port,
                                           .target = "/.well-known/mta-sts.txt"},
                                 .addresses = addresses,
                                 .max_answer = max_policy_bytes};
    Result<https::Answer> answer = https::ask(settings.https, request);
    if (!answer) return fail(answer.error());
    if (answer->status != 200) {
        return fail(ErrorCode::unavailable, "The policy cannot be fetched",
                    request.place.host + " answers with status " + std::to_string(answer->status));
    }
    if (!is_plain_text(answer->content_type)) return fail(ErrorCode::invalid, "The policy is not of type text/plain");
    return std::move(answer->content);
}

}  // namespace posthouse::mta_sts
