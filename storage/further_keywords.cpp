// Keywords above the letters: numbers to names and back, records to text and back.
#include "storage/further_keywords.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "lib/base/ascii.h"
#include "storage/flags.h"

namespace posthouse::storage {
namespace {

constexpr char between_names = '\n';

std::optional<std::uint16_t> parse_keyword_number(std::string_view text) {
    const auto number = ascii::parse_number(text);
    const bool can_be = number && *number >= first_further_keyword &&
                        *number < std::uint64_t{first_further_keyword} + max_further_keywords;
    return can_be ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t value = 0xcbf29ce484222325;
    for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return value;
}

}  // namespace

FurtherSet united(const FurtherSet& one, const FurtherSet& other) {
    FurtherSet all;
    std::ranges::set_union(one, other, std::back_inserter(all));
    return all;
}

FurtherSet without(const FurtherSet& one, const FurtherSet& other) {
    FurtherSet rest;
    std::ranges::set_difference(one, other, std::back_inserter(rest));
    return rest;
}

std::string_view to_bytes(const FurtherSet& set) {
    return {reinterpret_cast<const char*>(set.data()), set.size() * sizeof(std::uint16_t)};
}

FurtherSet further_set_of(std::string_view bytes) {
    FurtherSet set(bytes.size() / sizeof(std::uint16_t));
    if (!set.empty()) std::memcpy(set.data(), bytes.data(), set.size() * sizeof(std::uint16_t));
    return set;
}

std::string_view FurtherNames::name(std::uint16_t number) const {
    const std::size_t place = std::size_t{number} - first_further_keyword;
    return number >= first_further_keyword && place < names_.size() ? std::string_view(names_[place])
                                                                    : std::string_view();
}

std::optional<std::uint16_t> FurtherNames::find(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (ascii::iequals(names_[i], name)) return static_cast<std::uint16_t>(first_further_keyword + i);
    return std::nullopt;
}

std::vector<std::string> FurtherNames::names() const {
    std::vector<std::string> names;
    std::ranges::copy_if(names_, std::back_inserter(names), [](const std::string& name) { return !name.empty(); });
    return names;
}

std::size_t FurtherNames::size() const {
    return names_.size() - static_cast<std::size_t>(std::ranges::count_if(names_, &std::string::empty));
}

FurtherSet FurtherNames::named() const {
    FurtherSet set;
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (!names_[i].empty()) set.push_back(static_cast<std::uint16_t>(first_further_keyword + i));
    return set;
}

void FurtherNames::define(std::uint16_t number, std::string_view name) {
    if (number < first_further_keyword || number >= first_further_keyword + max_further_keywords) return;
    if (!Keywords::make({std::string(name)})) return;
    const std::size_t place = std::size_t{number} - first_further_keyword;
    if (place >= names_.size()) names_.resize(place + 1);
    if (!names_[place].empty()) return;
    names_[place] = name;
    fingerprint_ = fnv1a(encode());
}

std::string FurtherNames::encode() const {
    std::string bytes;
    for (const std::string& name : names_) bytes += name + between_names;
    return bytes;
}

FurtherNames FurtherNames::decode(std::string_view bytes) {
    FurtherNames names;
    if (bytes.empty()) return names;
    std::uint16_t number = first_further_keyword;
    for (const std::string_view name : ascii::split(bytes.substr(0, bytes.size() - 1), between_names)) {
        const std::size_t place = std::size_t{number} - first_further_keyword;
        if (place >= max_further_keywords) break;
        if (!name.empty() && Keywords::make({std::string(name)})) {
            names.names_.resize(place + 1);
            names.names_[place] = name;
        }
        ++number;
    }
    if (!names.names_.empty()) names.fingerprint_ = fnv1a(names.encode());
    return names;
}

std::string to_record(const KeywordDefinition& definition) {
    return "K " + std::to_string(definition.number) + " " + definition.name;
}

std::string to_record(const KeywordAssignment& assignment) {
    std::string record = "M ";
    for (std::size_t i = 0; i < assignment.set.size(); ++i)
        record += (i == 0 ? "" : ",") + std::to_string(assignment.set[i]);
    if (!assignment.set.empty()) record += " ";
    return record + ":" + assignment.base;
}

std::optional<KeywordDefinition> parse_keyword_definition(std::string_view record) {
    if (!record.starts_with("K ")) return std::nullopt;
    record.remove_prefix(2);
    const auto blank = record.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto number = parse_keyword_number(record.substr(0, blank));
    KeywordDefinition definition{number.value_or(0), std::string(record.substr(blank + 1))};
    if (!number || !Keywords::make({definition.name})) return std::nullopt;
    return definition;
}

std::optional<KeywordAssignment> parse_keyword_assignment(std::string_view record) {
    if (!record.starts_with("M ")) return std::nullopt;
    record.remove_prefix(2);
    const auto colon = record.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    KeywordAssignment assignment{std::string(record.substr(colon + 1)), {}};
    constexpr std::size_t max_base_bytes = 255;  // a file's name
    if (assignment.base.empty() || assignment.base.size() > max_base_bytes) return std::nullopt;
    if (std::ranges::any_of(assignment.base, ascii::is_control)) return std::nullopt;
    if (colon == 0) return assignment;
    if (record[colon - 1] != ' ') return std::nullopt;
    for (const std::string_view text : ascii::split(record.substr(0, colon - 1), ',')) {
        const auto number = parse_keyword_number(text);
        const bool ascends = number && (assignment.set.empty() || assignment.set.back() < *number);
        if (!ascends) return std::nullopt;
        assignment.set.push_back(*number);
    }
    return assignment;
}

}  // namespace posthouse::storage
