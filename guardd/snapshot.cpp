// The snapshot file through nlohmann-json.
#include "guardd/snapshot.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace posthouse::guard {
namespace {

using Json = nlohmann::json;
using Entries = std::vector<DecayingScores::Entry>;

constexpr double max_score = 1e6;
constexpr std::chrono::milliseconds max_age = std::chrono::hours(24 * 365);
constexpr std::chrono::milliseconds max_time = std::chrono::hours(24 * 365 * 1000);
constexpr std::uint64_t max_windows = std::uint64_t{24} * 365 * 1000;  // hours of a thousand years

Json list_of(const Entries& entries) {
    Json list = Json::array();
    for (const auto& entry : entries) list.push_back(Json::array({entry.name, entry.score, entry.age.count()}));
    return list;
}

Json list_of(const std::vector<Ban>& bans) {
    Json list = Json::array();
    for (const Ban& ban : bans) list.push_back(to_json(ban));
    return list;
}

Result<std::vector<Ban>> bans_of(const Json& list) {
    if (!list.is_array()) return fail(ErrorCode::invalid, "No list bans");
    std::vector<Ban> bans;
    bans.reserve(list.size());
    for (const Json& item : list) {
        Result<Ban> ban = ban_from(item);
        if (!ban) return fail(ban.error());
        bans.push_back(std::move(*ban));
    }
    return bans;
}

Result<Entries> entries_of(const Json& document, const char* name) {
    const auto list = document.find(name);
    if (list == document.end() || !list->is_array()) return fail(ErrorCode::invalid, std::string("No list ") + name);
    Entries entries;
    entries.reserve(list->size());
    for (const Json& item : *list) {
        if (!item.is_array() || item.size() != 3 || !item[0].is_string() || !item[1].is_number() ||
            !item[2].is_number_integer())
            return fail(ErrorCode::invalid, std::string("Malformed entry in ") + name);
        const auto score = item[1].get<double>();
        const std::chrono::milliseconds age(item[2].get<std::int64_t>());
        if (!(score >= 0 && score <= max_score) || age < age.zero() || age > max_age)
            return fail(ErrorCode::invalid, std::string("Number out of range in ") + name);
        entries.push_back({item[0].get<std::string>(), score, age});
    }
    return entries;
}

Json list_of(const std::vector<Rates::Entry>& entries) {
    Json list = Json::array();
    for (const Rates::Entry& entry : entries) {
        Json row = Json::array({entry.name});
        for (const Rates::Window& window : entry.windows)
            row.push_back(Json::array({window.number, window.previous, window.current}));
        list.push_back(std::move(row));
    }
    return list;
}

Json object_of(const std::array<std::vector<Rates::Entry>, rate_kinds>& rates) {
    Json object = Json::object();
    for (std::size_t i = 0; i < rates.size(); ++i)
        object[std::string(name_of(static_cast<RateKind>(i)))] = list_of(rates[i]);
    return object;
}

Result<Rates::Window> window_of(const Json& item) {
    if (!item.is_array() || item.size() != 3 || !item[0].is_number_unsigned())
        return fail(ErrorCode::invalid, "Malformed window in rates");
    const auto number = item[0].get<std::uint64_t>();
    if (number > max_windows) return fail(ErrorCode::invalid, "Number out of range in rates");
    const Result<Amounts> previous = amounts_from(item[1]);
    if (!previous) return fail(previous.error());
    const Result<Amounts> current = amounts_from(item[2]);
    if (!current) return fail(current.error());
    return Rates::Window{static_cast<std::int64_t>(number), *previous, *current};
}

Result<std::vector<Rates::Entry>> rates_of(RateKind kind, const Json& list) {
    if (!list.is_array()) return fail(ErrorCode::invalid, "No list in rates");
    std::vector<Rates::Entry> entries;
    entries.reserve(list.size());
    for (const Json& item : list) {
        if (!item.is_array() || item.size() != 3 || !item[0].is_string())
            return fail(ErrorCode::invalid, "Malformed entry in rates");
        Result<RateSubject> subject = rate_subject(kind, item[0].get<std::string>());
        if (!subject) return fail(subject.error());
        Rates::Entry entry{std::move(subject->name)};
        for (std::size_t i = 0; i < entry.windows.size(); ++i) {
            const Result<Rates::Window> window = window_of(item[1 + i]);
            if (!window) return fail(window.error());
            entry.windows[i] = *window;
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace

std::string to_json(const SnapshotFile& snapshot) {
    const Json document = {{"version", 1},
                           {"taken_at", snapshot.taken_at.count()},
                           {"networks", list_of(snapshot.penalties.networks)},
                           {"accounts", list_of(snapshot.penalties.accounts)},
                           {"pairs", list_of(snapshot.penalties.pairs)},
                           {"good_pairs", list_of(snapshot.penalties.good_pairs)},
                           {"events", snapshot.events},
                           {"bans", list_of(snapshot.bans)},
                           {"repeats", list_of(snapshot.repeats)},
                           {"rates", object_of(snapshot.rates)}};
    return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SnapshotFile> parse_snapshot(std::string_view json) {
    const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) return fail(ErrorCode::invalid, "Not a JSON object");
    const auto version = document.find("version");
    if (version == document.end() || *version != 1) return fail(ErrorCode::invalid, "Not version 1");
    const auto taken_at = document.find("taken_at");
    if (taken_at == document.end() || !taken_at->is_number_integer()) return fail(ErrorCode::invalid, "No taken_at");
    SnapshotFile snapshot;
    snapshot.taken_at = std::chrono::milliseconds(taken_at->get<std::int64_t>());
    if (snapshot.taken_at < max_time.zero() || snapshot.taken_at > max_time)
        return fail(ErrorCode::invalid, "Number out of range in taken_at");
    for (const auto& [name, into] :
         {std::pair{"networks", &snapshot.penalties.networks}, std::pair{"accounts", &snapshot.penalties.accounts},
          std::pair{"pairs", &snapshot.penalties.pairs}, std::pair{"good_pairs", &snapshot.penalties.good_pairs}}) {
        Result<Entries> entries = entries_of(document, name);
        if (!entries) return fail(entries.error());
        *into = std::move(*entries);
    }
    if (const auto events = document.find("events"); events != document.end()) {
        if (!events->is_number_unsigned()) return fail(ErrorCode::invalid, "No number events");
        snapshot.events = events->get<std::uint64_t>();
    }
    if (const auto list = document.find("bans"); list != document.end()) {
        Result<std::vector<Ban>> bans = bans_of(*list);
        if (!bans) return fail(bans.error());
        snapshot.bans = std::move(*bans);
    }
    if (document.contains("repeats")) {
        Result<Entries> repeats = entries_of(document, "repeats");
        if (!repeats) return fail(repeats.error());
        snapshot.repeats = std::move(*repeats);
    }
    if (const auto rates = document.find("rates"); rates != document.end()) {
        if (!rates->is_object()) return fail(ErrorCode::invalid, "No object rates");
        for (const auto& [name, list] : rates->items()) {
            const std::optional<RateKind> kind = rate_kind_named(name);
            if (!kind) return fail(ErrorCode::invalid, "Rates of no known kind");
            Result<std::vector<Rates::Entry>> entries = rates_of(*kind, list);
            if (!entries) return fail(entries.error());
            snapshot.rates[index(*kind)] = std::move(*entries);
        }
    }
    return snapshot;
}

}  // namespace posthouse::guard
