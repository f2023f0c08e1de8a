// The snapshot file through nlohmann-json.
#include "guardd/snapshot.h"

#include <limits>
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

Result<DecayingScores::Entry> score_from(const Json& item) {
    if (!item.is_array() || item.size() != 3 || !item[0].is_string() || !item[1].is_number() ||
        !item[2].is_number_integer())
        return fail(ErrorCode::invalid, "Malformed entry");
    const auto score = item[1].get<double>();
    const std::chrono::milliseconds age(item[2].get<std::int64_t>());
    if (!(score >= 0 && score <= max_score) || age < age.zero() || age > max_age)
        return fail(ErrorCode::invalid, "Number out of range");
    return DecayingScores::Entry{item[0].get<std::string>(), score, age};
}

Json list_of(const std::vector<Rates::Entry>& entries) {
    Json list = Json::array();
    for (const Rates::Entry& entry : entries) {
        Json windows = Json::object();
        for (const PeriodFacts& facts : periods) {
            const Rates::Window& window = entry.windows[index(facts.period)];
            windows[std::string(facts.name)] = Json::array({window.number, window.previous, window.current});
        }
        list.push_back(Json::array({entry.name, std::move(windows)}));
    }
    return list;
}

Json object_of(const std::array<std::vector<Rates::Entry>, rate_kinds>& rates) {
    Json object = Json::object();
    for (std::size_t i = 0; i < rates.size(); ++i)
        object[std::string(name_of(static_cast<RateKind>(i)))] = list_of(rates[i]);
    return object;
}

Result<Rates::Window> window_from(const Json& item) {
    if (!item.is_array() || item.size() != 3 || !item[0].is_number_unsigned())
        return fail(ErrorCode::invalid, "Malformed window");
    const auto number = item[0].get<std::uint64_t>();
    if (number > max_windows) return fail(ErrorCode::invalid, "Number out of range");
    const Result<Amounts> previous = amounts_from(item[1]);
    if (!previous) return fail(previous.error());
    const Result<Amounts> current = amounts_from(item[2]);
    if (!current) return fail(current.error());
    return Rates::Window{static_cast<std::int64_t>(number), *previous, *current};
}

Result<Rates::Entry> rate_entry_from(RateKind kind, const Json& item) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_object())
        return fail(ErrorCode::invalid, "Malformed entry");
    Result<RateSubject> subject = rate_subject(kind, item[0].get<std::string>());
    if (!subject) return fail(subject.error());
    Rates::Entry entry{std::move(subject->name)};
    for (const PeriodFacts& facts : periods) {
        const auto found = item[1].find(facts.name);
        if (found == item[1].end()) continue;
        const Result<Rates::Window> window = window_from(*found);
        if (!window) return fail(window.error());
        entry.windows[index(facts.period)] = *window;
    }
    return entry;
}

/// Reads the parts of a file that make sense, and notes the others.
class Reader {
  public:
    Reader(const Json& document, std::vector<std::string>& damage) : document_(document), damage_(damage) {}

    /// A number up to `most`; 0: there is none.
    std::uint64_t number(std::string_view name, std::uint64_t most) {
        const auto found = document_.find(name);
        if (found == document_.end()) return 0;
        if (found->is_number_unsigned() && found->get<std::uint64_t>() <= most) return found->get<std::uint64_t>();
        damage_.push_back(std::string(name) + ": no such number");
        return 0;
    }

    /// The entries of a list that `read` can read; none: there is no list.
    template <typename Read>
    auto list(std::string_view name, Read read) {
        std::vector<typename decltype(read(document_))::value_type> entries;
        const auto found = document_.find(name);
        if (found == document_.end()) return entries;
        if (!found->is_array()) {
            damage_.push_back(std::string(name) + ": no list");
            return entries;
        }
        std::size_t wrong = 0;
        std::string first;
        for (const Json& item : *found) {
            auto entry = read(item);
            if (entry)
                entries.push_back(std::move(*entry));
            else if (wrong++ == 0)
                first = entry.error().text;
        }
        if (wrong > 0)
            damage_.push_back(std::string(name) + ": " + std::to_string(wrong) + " of " +
                              std::to_string(found->size()) + " entries, the first: " + first);
        return entries;
    }

  private:
    const Json& document_;
    std::vector<std::string>& damage_;
};

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
    SnapshotFile snapshot;
    Reader reader(document, snapshot.damage);
    // Without it scores count as old, and with that little.
    snapshot.taken_at =
        std::chrono::milliseconds(reader.number("taken_at", static_cast<std::uint64_t>(max_time.count())));
    snapshot.penalties.networks = reader.list("networks", score_from);
    snapshot.penalties.accounts = reader.list("accounts", score_from);
    snapshot.penalties.pairs = reader.list("pairs", score_from);
    snapshot.penalties.good_pairs = reader.list("good_pairs", score_from);
    snapshot.events = reader.number("events", std::numeric_limits<std::uint64_t>::max());
    snapshot.bans = reader.list("bans", ban_from);
    snapshot.repeats = reader.list("repeats", score_from);
    const auto rates = document.find("rates");
    if (rates != document.end() && !rates->is_object()) snapshot.damage.emplace_back("rates: no object");
    if (rates == document.end() || !rates->is_object()) return snapshot;
    Reader of_rates(*rates, snapshot.damage);
    for (std::size_t i = 0; i < rate_kinds; ++i) {
        const auto kind = static_cast<RateKind>(i);
        snapshot.rates[i] =
            of_rates.list(name_of(kind), [kind](const Json& item) { return rate_entry_from(kind, item); });
    }
    return snapshot;
}

}  // namespace posthouse::guard
