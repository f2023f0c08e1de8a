// A mailbox's keywords above the 26 letters: their numbers and names, and the records that keep them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::storage {

/// Numbers go on where the letters (keyword_file.h) end.
constexpr std::uint16_t first_further_keyword = 26;
/// As many of them a mailbox can hold: each is told to a client that selects it, and may be on each message.
constexpr std::uint16_t max_further_keywords = 512;

/// Numbers of further keywords, ascending.
using FurtherSet = std::vector<std::uint16_t>;
/// All of one, or of the other.
FurtherSet united(const FurtherSet& one, const FurtherSet& other);
/// All of one that are not of the other.
FurtherSet without(const FurtherSet& one, const FurtherSet& other);
/// As the index keeps a set; the other way, what is left of half a number is ignored.
std::string_view to_bytes(const FurtherSet& set);
FurtherSet further_set_of(std::string_view bytes);

/// What the numbers mean. A number that was given keeps its name.
class FurtherNames {
  public:
    /// Empty: the number has no name.
    std::string_view name(std::uint16_t number) const;
    std::optional<std::uint16_t> find(std::string_view name) const;
    /// The names in use, by number.
    std::vector<std::string> names() const;
    std::size_t size() const;
    /// Numbers that have a name.
    FurtherSet named() const;
    /// The first name that a number is given counts; one that isn't a keyword, and a number that can't be, are ignored.
    void define(std::uint16_t number, std::string_view name);

    /// As the index keeps them, and what tells that they are others than before; 0: there are none.
    std::string encode() const;
    static FurtherNames decode(std::string_view bytes);
    std::uint64_t fingerprint() const { return fingerprint_; }

  private:
    std::vector<std::string> names_;  ///< from first_further_keyword on
    std::uint64_t fingerprint_ = 0;
};

/// The record "K <number> <name>".
struct KeywordDefinition {
    std::uint16_t number = 0;
    std::string name;
    bool operator==(const KeywordDefinition&) const = default;
};

/// The record "M <number>,<number>… :<base name>": all further keywords that a message has from here on; none:
/// "M :<base name>".
struct KeywordAssignment {
    std::string base;
    FurtherSet set;
    bool operator==(const KeywordAssignment&) const = default;
};

std::string to_record(const KeywordDefinition& definition);
std::string to_record(const KeywordAssignment& assignment);
std::optional<KeywordDefinition> parse_keyword_definition(std::string_view record);
std::optional<KeywordAssignment> parse_keyword_assignment(std::string_view record);

}  // namespace posthouse::storage
