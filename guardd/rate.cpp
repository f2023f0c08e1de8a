// Rate in JSON.
#include "guardd/rate.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "guardd/rates.h"
#include "lib/base/ascii.h"

namespace posthouse::guard {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<RateKind, std::string_view>, rate_kinds> kinds{{
    {RateKind::client, "client"},
    {RateKind::user, "user"},
    {RateKind::sender_domain, "sender_domain"},
    {RateKind::user_domain, "user_domain"},
}};

}  // namespace

std::string_view name_of(RateKind kind) { return kinds[index(kind)].second; }

std::string_view name_of(Measure measure) {
    switch (measure) {
        case Measure::connections: return "connections";
        case Measure::messages: return "messages";
        case Measure::recipients: return "recipients";
    }
    std::unreachable();
}

std::optional<RateKind> rate_kind_named(std::string_view name) {
    for (const auto& [kind, known] : kinds)
        if (known == name) return kind;
    return std::nullopt;
}

Result<RateSubject> rate_subject(RateKind kind, std::string_view name) {
    if (name.empty() || name.size() > max_account_octets || !ascii::is_utf8(name) ||
        std::ranges::any_of(name, ascii::is_control))
        return fail(ErrorCode::invalid, "Nobody has such a name");
    return RateSubject{kind, ascii::lower(name)};
}

Json to_json(const Rate& rate) {
    Json document = {{"kind", name_of(rate.subject.kind)}, {"name", rate.subject.name}};
    for (const PeriodFacts& facts : periods) document[std::string(facts.name)] = rate.used[index(facts.period)];
    return document;
}

Result<Amounts> amounts_from(const Json& document) {
    Amounts amounts{};
    if (!document.is_array() || document.size() != amounts.size())
        return fail(ErrorCode::invalid, "Amounts are three numbers");
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        if (!document[i].is_number_unsigned()) return fail(ErrorCode::invalid, "An amount is no number");
        amounts[i] = document[i].get<std::uint64_t>();
        if (amounts[i] > Rates::most) return fail(ErrorCode::invalid, "Number out of range in amounts");
    }
    return amounts;
}

Result<Rate> rate_from(const Json& document) {
    if (!document.is_object()) return fail(ErrorCode::invalid, "A rate is no JSON object");
    const auto text = [&document](const char* name) {
        const auto found = document.find(name);
        return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const std::optional<RateKind> kind = rate_kind_named(text("kind"));
    if (!kind) return fail(ErrorCode::invalid, "A rate of no known kind");
    Result<RateSubject> subject = rate_subject(*kind, text("name"));
    if (!subject) return fail(subject.error());
    Rate rate{std::move(*subject)};
    for (const PeriodFacts& facts : periods) {
        const auto found = document.find(facts.name);
        if (found == document.end()) continue;
        const Result<Amounts> amounts = amounts_from(*found);
        if (!amounts) return fail(amounts.error());
        rate.used[index(facts.period)] = *amounts;
    }
    return rate;
}

}  // namespace posthouse::guard
