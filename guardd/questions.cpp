// Names and attributes of the questions to guardd.
#include "guardd/questions.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

/// A question without one of these doesn't compile, and one without a row has no name to be asked by.
struct Row {
    constexpr Row(Question its_question, std::string_view its_name, Asker its_asker)
        : question(its_question), name(its_name), asker(its_asker) {}
    Question question;
    std::string_view name;
    Asker asker;
};

constexpr std::array table{
    Row{Question::postfix, "smtpd_access_policy", Asker::client},
    Row{Question::connect, "guard_connect", Asker::client},
    Row{Question::disconnect, "guard_disconnect", Asker::client},
    Row{Question::restore, "guard_restore", Asker::client},
    Row{Question::penalty, "guard_penalty", Asker::client},
    Row{Question::failure, "guard_failure", Asker::client},
    Row{Question::success, "guard_success", Asker::client},
    Row{Question::message, "guard_message", Asker::client},
    Row{Question::bans, "guard_bans", Asker::administrator},
    Row{Question::ban, "guard_ban", Asker::administrator},
    Row{Question::lift, "guard_lift", Asker::administrator},
    Row{Question::rates, "guard_rates", Asker::administrator},
    Row{Question::reset, "guard_reset", Asker::administrator},
};

constexpr std::string_view delay_prefix = "DELAY ";
constexpr std::string_view refuse_prefix = "REFUSE ";
constexpr std::string_view bans_prefix = "BANS ";
constexpr std::string_view rates_prefix = "RATES ";
constexpr std::size_t max_user_octets = 1000;             // well below policy::max_line_octets
constexpr std::uint64_t max_delay = 24ull * 3600 * 1000;  // no sane answer is longer, and no sum overflows

const Row& row_of(Question question) {
    const auto row = std::ranges::find(table, question, &Row::question);
    if (row == table.end()) std::unreachable();
    return *row;
}

}  // namespace

std::vector<Question> questions() {
    std::vector<Question> all;
    for (const Row& row : table) all.push_back(row.question);
    return all;
}

std::string_view name_of(Question question) { return row_of(question).name; }

std::optional<Question> question_named(std::string_view name) {
    const auto row = std::ranges::find(table, name, &Row::name);
    return row == table.end() ? std::nullopt : std::optional(row->question);
}

Asker asker_of(Question question) { return row_of(question).asker; }

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

policy::Request about_message(std::string_view ip, std::string_view user, std::string_view sender,
                              std::uint64_t recipients) {
    policy::Request request = about_login(Question::message, ip, user);
    request.add("sender", sender.substr(0, max_user_octets));
    request.add("recipient_count", std::to_string(recipients));
    return request;
}

namespace {

/// "user_recipients_hour"
std::string limit_name(RateKind kind, Measure measure, const PeriodFacts& period) {
    return std::string(name_of(kind)) + '_' + std::string(name_of(measure)) + '_' + std::string(period.name);
}

constexpr std::array measures_of_messages{Measure::messages, Measure::recipients};

}  // namespace

void add_own_limits(policy::Request& request, RateKind kind, const RateLimits& limits) {
    for (const PeriodFacts& period : periods)
        for (const Measure measure : measures_of_messages)
            request.add(limit_name(kind, measure, period),
                        std::to_string(limits[index(period.period)][index(measure)]));
}

std::optional<RateLimits> own_limits(const policy::Request& request, RateKind kind) {
    std::optional<RateLimits> limits;
    for (const PeriodFacts& period : periods)
        for (const Measure measure : measures_of_messages) {
            const std::string_view text = request.get(limit_name(kind, measure, period));
            if (text.empty()) continue;
            if (!limits) limits.emplace();
            (*limits)[index(period.period)][index(measure)] = ascii::parse_number(text).value_or(0);
        }
    return limits;
}

namespace {

policy::Request about_rate(Question question, const RateSubject& subject) {
    policy::Request request;
    request.add("request", name_of(question));
    request.add("kind", name_of(subject.kind));
    request.add("name", subject.name);
    return request;
}

/// The items of "PREFIX [{…}, …]", each as `read` makes it.
template <typename T>
Result<std::vector<T>> list_of(std::string_view action, std::string_view prefix,
                               Result<T> (*read)(const nlohmann::json&)) {
    if (!action.starts_with(prefix)) return fail(ErrorCode::invalid, "guardd told something else");
    const auto list = nlohmann::json::parse(action.substr(prefix.size()), nullptr, /*allow_exceptions=*/false);
    if (!list.is_array()) return fail(ErrorCode::invalid, "guardd told no list");
    std::vector<T> all;
    for (const auto& item : list) {
        Result<T> one = read(item);
        if (!one) return fail(one.error());
        all.push_back(std::move(*one));
    }
    return all;
}

template <typename T>
std::string list_action(const std::vector<T>& all, std::string_view prefix) {
    nlohmann::json list = nlohmann::json::array();
    for (const T& one : all) list.push_back(to_json(one));
    return std::string(prefix) + list.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

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

policy::Request rates_after(const RateSubject& after) { return about_rate(Question::rates, after); }

policy::Request reset_request(const RateSubject& subject) { return about_rate(Question::reset, subject); }

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

std::string bans_action(const std::vector<Ban>& bans) { return list_action(bans, bans_prefix); }

Result<std::vector<Ban>> to_bans(std::string_view action) { return list_of<Ban>(action, bans_prefix, ban_from); }

std::string rates_action(const std::vector<Rate>& rates) { return list_action(rates, rates_prefix); }

Result<std::vector<Rate>> to_rates(std::string_view action) { return list_of<Rate>(action, rates_prefix, rate_from); }

}  // namespace posthouse::guard
