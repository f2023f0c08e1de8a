// Names and attributes of the questions to guardd.
#include "guardd/questions.h"

#include <array>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

constexpr std::array<std::pair<Question, std::string_view>, 7> names{{
    {Question::postfix, "smtpd_access_policy"},
    {Question::connect, "guard_connect"},
    {Question::disconnect, "guard_disconnect"},
    {Question::restore, "guard_restore"},
    {Question::penalty, "guard_penalty"},
    {Question::failure, "guard_failure"},
    {Question::success, "guard_success"},
}};

constexpr std::string_view delay_prefix = "DELAY ";
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

std::string delay_action(std::chrono::milliseconds delay) {
    return std::string(delay_prefix) + std::to_string(delay.count());
}

std::optional<std::chrono::milliseconds> to_delay(std::string_view action) {
    if (!action.starts_with(delay_prefix)) return std::nullopt;
    const std::optional<std::uint64_t> value = ascii::parse_number(action.substr(delay_prefix.size()));
    if (!value || *value > max_delay) return std::nullopt;
    return std::chrono::milliseconds(*value);
}

}  // namespace posthouse::guard
