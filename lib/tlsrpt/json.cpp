// Reports as JSON, through nlohmann-json; the only file of this library that includes it.
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "lib/tlsrpt/period.h"
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

Json policies(const std::vector<PolicyResults>& from) {
    Json to = Json::array();
    for (const PolicyResults& results : from) {
        Json entry;
        entry["policy"] = policy(results.policy);
        entry["summary"] = {{"total-successful-session-count", results.successes},
                            {"total-failure-session-count", results.failures}};
        if (!results.details.empty()) {
            Json& details = entry["failure-details"] = Json::array();
            for (const auto& [detail, count] : results.details) details.push_back(failure(detail, count));
        }
        to.push_back(std::move(entry));
    }
    return to;
}

/// The enumerator whose word that is. Throws for another word.
template <typename Enum>
Enum value_of(const std::string& word, Enum last) {
    for (int i = 0; i <= static_cast<int>(last); ++i)
        if (to_string(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
    throw std::invalid_argument(word);
}

Failure parse_failure(const Json& from) {
    const auto text = [&](const char* key) { return from.value(key, std::string()); };
    return {.type = value_of(from.at("result-type").get<std::string>(), FailureType::sts_webpki_invalid),
            .sending_ip = text("sending-mta-ip"),
            .mx_hostname = text("receiving-mx-hostname"),
            .mx_helo = text("receiving-mx-helo"),
            .receiving_ip = text("receiving-ip"),
            .additional_information = text("additional-information"),
            .reason_code = text("failure-reason-code")};
}

PolicyResults parse_results(const Json& from) {
    const Json& policy = from.at("policy");
    PolicyResults to;
    to.policy.type = value_of(policy.at("policy-type").get<std::string>(), PolicyType::no_policy_found);
    to.policy.lines = policy.value("policy-string", std::vector<std::string>());
    to.policy.domain = policy.at("policy-domain").get<std::string>();
    to.policy.mx_hosts = policy.value("mx-host", std::vector<std::string>());
    to.successes = from.at("summary").at("total-successful-session-count").get<std::uint64_t>();
    to.failures = from.at("summary").at("total-failure-session-count").get<std::uint64_t>();
    for (const Json& detail : from.value("failure-details", Json::array()))
        to.details[parse_failure(detail)] += detail.at("failed-session-count").get<std::uint64_t>();
    return to;
}

}  // namespace

std::string to_json(const Period& period) {
    Json domains = Json::object();
    for (const auto& [name, results] : period.domains) domains[name] = policies(results);
    const Json json{{"start", period.start}, {"end", period.end}, {"domains", std::move(domains)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Period> parse_period(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        Period period{.start = json.at("start").get<std::int64_t>(), .end = json.at("end").get<std::int64_t>()};
        if (period.start < 0 || period.end < 0) return fail(ErrorCode::invalid, "Not what was counted of TLS");
        Domains domains;
        for (const auto& [name, entries] : json.at("domains").items())
            for (const Json& entry : entries) domains[name].push_back(parse_results(entry));
        Counters within_bounds;
        within_bounds.resume(std::move(domains));
        period.domains = within_bounds.take();
        return period;
    } catch (const std::exception& error) {
        return fail(ErrorCode::invalid, "Not what was counted of TLS", error.what());
    }
}

std::string to_json(const Report& report) {
    Json json;
    json["organization-name"] = report.organization;
    json["date-range"] = {{"start-datetime", timestamp(report.start)}, {"end-datetime", timestamp(report.end)}};
    json["contact-info"] = report.contact;
    json["report-id"] = report.id;
    json["policies"] = policies(report.policies);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace posthouse::tlsrpt
