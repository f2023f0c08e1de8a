// Records of what a reader has seen: UIDs as sequence sets.
#include "storage/seen_records.h"

#include <algorithm>
#include <limits>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

/// Of the UIDs in one record: well below max_record_bytes.
constexpr std::size_t max_set_bytes = 2000;

std::optional<std::uint32_t> parse_nonzero(std::string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::string to_record(const SeenHeader& header) {
    return "V " + std::to_string(header.uid_validity.value()) + " " + header.viewer;
}

std::vector<std::string> to_records(const SeenChange& change) {
    std::vector<std::string> records;
    const char* const begin = change.is_seen ? "S " : "U ";
    for (const UidRange& range : change.uids.ranges()) {
        if (records.empty() || records.back().size() > max_set_bytes)
            records.emplace_back(begin);
        else
            records.back() += ',';
        records.back() += std::to_string(range.first.value());
        if (range.last != range.first) records.back() += ":" + std::to_string(range.last.value());
    }
    return records;
}

std::optional<SeenHeader> parse_seen_header(std::string_view record) {
    if (!record.starts_with("V ")) return std::nullopt;
    record.remove_prefix(2);
    const auto blank = record.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto validity = parse_nonzero(record.substr(0, blank));
    if (!validity) return std::nullopt;
    return SeenHeader{UidValidity(*validity), std::string(record.substr(blank + 1))};
}

std::optional<SeenChange> parse_seen_change(std::string_view record) {
    const bool is_seen = record.starts_with("S ");
    if (!is_seen && !record.starts_with("U ")) return std::nullopt;
    SeenChange change{is_seen, {}};
    for (const std::string_view range : ascii::split(record.substr(2), ',')) {
        const auto colon = range.find(':');
        const auto first = parse_nonzero(range.substr(0, colon));
        const auto last = colon == std::string_view::npos ? first : parse_nonzero(range.substr(colon + 1));
        if (!first || !last || *first > *last) return std::nullopt;
        change.uids.add(Uid(*first), Uid(*last));
    }
    return change;
}

}  // namespace posthouse::storage
