// Reports as JSON, through nlohmann-json; the only file of this library that includes it.
#include <ctime>
#include <nlohmann/json.hpp>

#include "lib/tlsrpt/report.h"

namespace posthouse::tlsrpt {
namespace {

using Json = nlohmann::ordered_json;

/// "2016-04-01T00:00:00Z" (RFC 3339 §5.6).
std::string timestamp(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Json policy(const Policy& from) {
    Json to;
    to["policy-type"] = to_string(from.type);
    if (!from.lines.empty()) to["policy-string"] = from.lines;
    to["policy-domain"] = from.domain;
    if (!from.mx_hosts.empty()) to["mx-host"] = from.mx_hosts;
    return to;
}

Json failure(const Failure& from, std::uint64_t count) {
    Json to;
    to["result-type"] = to_string(from.type);
    const std::pair<const char*, const std::string*> texts[] = {
        {"sending-mta-ip", &from.sending_ip},
        {"receiving-mx-hostname", &from.mx_hostname},
        {"receiving-mx-helo", &from.mx_helo},
        {"receiving-ip", &from.receiving_ip},
    };
    for (const auto& [key, text] : texts)
        if (!text->empty()) to[key] = *text;
    to["failed-session-count"] = count;
    if (!from.additional_information.empty()) to["additional-information"] = from.additional_information;
    if (!from.reason_code.empty()) to["failure-reason-code"] = from.reason_code;
    return to;
}

}  // namespace

std::string to_json(const Report& report) {
    Json policies = Json::array();
    for (const PolicyResults& results : report.policies) {
        Json entry;
        entry["policy"] = policy(results.policy);
        entry["summary"] = {{"total-successful-session-count", results.successes},
                            {"total-failure-session-count", results.failures}};
        if (!results.details.empty()) {
            Json& details = entry["failure-details"] = Json::array();
            for (const auto& [detail, count] : results.details) details.push_back(failure(detail, count));
        }
        policies.push_back(std::move(entry));
    }
    Json json;
    json["organization-name"] = report.organization;
    json["date-range"] = {{"start-datetime", timestamp(report.start)}, {"end-datetime", timestamp(report.end)}};
    json["contact-info"] = report.contact;
    json["report-id"] = report.id;
    json["policies"] = std::move(policies);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace posthouse::tlsrpt
