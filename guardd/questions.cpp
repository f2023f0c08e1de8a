// Names and attributes of the questions to guardd.
#include "guardd/questions.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

constexpr std::array<std::pair<Question, std::string_view>, 10> names{{
    {Question::postfix, "smtpd_access_policy"},
    {Question::connect, "guard_connect"},
    {Question::disconnect, "guard_disconnect"},
    {Question::restore, "guard_restore"},
    {Question::penalty, "guard_penalty"},
    {Question::failure, "guard_failure"},
    {Question::success, "guard_success"},
    {Question::bans, "guard_bans"},
    {Question::ban, "guard_ban"},
    {Question::lift, "guard_lift"},
}};

constexpr std::string_view delay_prefix = "DELAY ";
constexpr std::string_view refuse_prefix = "REFUSE ";
constexpr std::string_view bans_prefix = "BANS ";
constexpr std::size_t max_user_octets = 1000;             // well below policy::max_line_octets
constexpr std::uint64_t max_delay = 24ull * 3600 * 1000;  // no sane answer is longer, and no sum overflows

}  // namespace

std::string_view name_of(Question question) {
    for (const auto& [known, name] : names)
        if (known == question) return name;
    std::unreachable();
}

std::optional<Question> question_named(std::string_view name) {
    for (const auto& [question, known] : names)
        if (known == name) return question;
    return std::nullopt;
}

policy::Request about_connection(Question question, std::string_view service, std::string_view ip) {
    policy::Request request;
    request.add("request", name_of(question));
    request.add("service", service);
    request.add("client_address", ip);
    return request;
}

policy::Request restore(std::string_view service, std::string_view ip, std::uint64_t count) {
    policy::Request request = about_connection(Question::restore, service, ip);
    request.add("count", std::to_string(count));
    return request;
}

policy::Request about_login(Question question, std::string_view ip, std::string_view user) {
    policy::Request request;
    request.add("request", name_of(question));
    request.add("client_address", ip);
    request.add("sasl_username", user.substr(0, max_user_octets));
    return request;
}

namespace {

policy::Request about_subject(Question question, const BanSubject& subject) {
    policy::Request request;
    request.add("request", name_of(question));
    request.add("client_network", subject.network);
    request.add("sasl_username", subject.account);
    return request;
}

}  // namespace

policy::Request bans_after(const BanSubject& after) { return about_subject(Question::bans, after); }

policy::Request ban_request(const BanSubject& subject, std::optional<std::chrono::seconds> duration,
                            std::string_view reason) {
    policy::Request request = about_subject(Question::ban, subject);
    if (duration) request.add("duration", std::to_string(duration->count()));
    request.add("reason", reason.substr(0, max_reason_octets));
    return request;
}

policy::Request lift_request(const BanSubject& subject) { return about_subject(Question::lift, subject); }

std::string penalty_action(const Penalty& penalty) {
    if (penalty.refused) return std::string(refuse_prefix) + penalty.reason;
    return std::string(delay_prefix) + std::to_string(penalty.delay.count());
}

std::optional<Penalty> to_penalty(std::string_view action) {
    if (action.starts_with(refuse_prefix)) return Penalty{{}, true, std::string(action.substr(refuse_prefix.size()))};
    if (!action.starts_with(delay_prefix)) return std::nullopt;
    const std::optional<std::uint64_t> value = ascii::parse_number(action.substr(delay_prefix.size()));
    if (!value || *value > max_delay) return std::nullopt;
    return Penalty{std::chrono::milliseconds(*value)};
}

std::string bans_action(const std::vector<Ban>& bans) {
    nlohmann::json list = nlohmann::json::array();
    for (const Ban& ban : bans) list.push_back(to_json(ban));
    return std::string(bans_prefix) + list.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<Ban>> to_bans(std::string_view action) {
    if (!action.starts_with(bans_prefix)) return fail(ErrorCode::invalid, "guardd told no bans");
    const auto list = nlohmann::json::parse(action.substr(bans_prefix.size()), nullptr, /*allow_exceptions=*/false);
    if (!list.is_array()) return fail(ErrorCode::invalid, "guardd told no list of bans");
    std::vector<Ban> bans;
    for (const auto& item : list) {
        Result<Ban> ban = ban_from(item);
        if (!ban) return fail(ban.error());
        bans.push_back(std::move(*ban));
    }
    return bans;
}

}  // namespace posthouse::guard
