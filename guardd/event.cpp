// Events through nlohmann-json.
#include "guardd/event.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace posthouse::guard {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<EventKind, std::string_view>, 6> kinds{{
    {EventKind::failure, "failure"},
    {EventKind::success, "success"},
    {EventKind::ban, "ban"},
    {EventKind::lift, "lift"},
    {EventKind::count, "count"},
    {EventKind::reset, "reset"},
}};
// "2001:db8:…::/64", and more than any.
constexpr std::size_t max_network_octets = 64;

std::string_view name_of(EventKind kind) {
    for (const auto& [known, name] : kinds)
        if (known == kind) return name;
    std::unreachable();
}

Result<std::string> text_of(const Json& document, const char* name, std::size_t most) {
    const auto found = document.find(name);
    if (found == document.end() || !found->is_string())
        return fail(ErrorCode::invalid, std::string("No text ") + name + " in an event");
    std::string text = found->get<std::string>();
    if (text.size() > most) return fail(ErrorCode::invalid, std::string(name) + " of an event is too long");
    return text;
}

Json list_of(const std::vector<RateSubject>& subjects) {
    Json list = Json::array();
    for (const RateSubject& subject : subjects) list.push_back(Json::array({name_of(subject.kind), subject.name}));
    return list;
}

Result<std::vector<RateSubject>> subjects_of(const Json& document) {
    const auto list = document.find("subjects");
    if (list == document.end() || !list->is_array() || list->size() > rate_kinds)
        return fail(ErrorCode::invalid, "No subjects in an event");
    std::vector<RateSubject> subjects;
    for (const Json& item : *list) {
        if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_string())
            return fail(ErrorCode::invalid, "A malformed subject in an event");
        const std::optional<RateKind> kind = rate_kind_named(item[0].get<std::string>());
        if (!kind) return fail(ErrorCode::invalid, "A subject of no known kind");
        Result<RateSubject> subject = rate_subject(*kind, item[1].get<std::string>());
        if (!subject) return fail(subject.error());
        subjects.push_back(std::move(*subject));
    }
    return subjects;
}

bool is_of_rates(EventKind kind) { return kind == EventKind::count || kind == EventKind::reset; }

}  // namespace

std::string to_line(const Event& event) {
    Json document = {{"number", event.number}, {"event", name_of(event.kind)}, {"at", event.at.count()}};
    if (event.kind == EventKind::ban) {
        document["ban"] = to_json(event.ban);
    } else if (is_of_rates(event.kind)) {
        document["subjects"] = list_of(event.counted);
        if (event.kind == EventKind::count) document["amounts"] = event.amounts;
    } else {
        document["network"] = event.subject.network;
        document["account"] = event.subject.account;
    }
    return document.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Result<Event> parse_event(std::string_view line) {
    const Json document = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) return fail(ErrorCode::invalid, "An event is no JSON object");
    const auto number = document.find("number");
    const auto at = document.find("at");
    if (number == document.end() || !number->is_number_unsigned() || at == document.end() || !at->is_number_integer())
        return fail(ErrorCode::invalid, "No number, or no time, in an event");
    Event event;
    event.number = number->get<std::uint64_t>();
    event.at = WallTime(at->get<std::int64_t>());
    if (event.at < WallTime::zero() || event.at > latest_end)
        return fail(ErrorCode::invalid, "Number out of range in at");
    const Result<std::string> name = text_of(document, "event", max_network_octets);
    if (!name) return fail(name.error());
    const auto* const kind = std::ranges::find(kinds, *name, &std::pair<EventKind, std::string_view>::second);
    if (kind == kinds.end()) return fail(ErrorCode::invalid, "An event of no known kind");
    event.kind = kind->first;
    if (event.kind == EventKind::ban) {
        if (!document.contains("ban")) return fail(ErrorCode::invalid, "No ban in an event");
        Result<Ban> ban = ban_from(document["ban"]);
        if (!ban) return fail(ban.error());
        event.ban = std::move(*ban);
        return event;
    }
    if (is_of_rates(event.kind)) {
        Result<std::vector<RateSubject>> subjects = subjects_of(document);
        if (!subjects) return fail(subjects.error());
        event.counted = std::move(*subjects);
        if (event.kind == EventKind::reset) return event;
        const Result<Amounts> amounts = amounts_from(document.value("amounts", Json()));
        if (!amounts) return fail(amounts.error());
        event.amounts = *amounts;
        return event;
    }
    Result<std::string> network = text_of(document, "network", max_network_octets);
    if (!network) return fail(network.error());
    // A replaced octet of a name that was no UTF-8 takes three.
    Result<std::string> account = text_of(document, "account", 3 * max_account_octets);
    if (!account) return fail(account.error());
    event.subject = {std::move(*network), std::move(*account)};
    return event;
}

}  // namespace posthouse::guard
