// Node: a parsed document (TOML or JSON) as a plain tree, so that only one file each sees the library that parsed it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::config {

struct Entry;

/// A value, and the line of the document it stands on (0: unknown).
struct Node {
    using List = std::vector<Node>;
    using Table = std::vector<Entry>;
    /// monostate: a type that no parameter has (a date, null).
    std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Table> value;
    unsigned line = 0;

    template <typename T>
    const T* get() const {
        return std::get_if<T>(&value);
    }
    /// The entry `key` of a table, or nullptr.
    const Node* find(std::string_view key) const;
    /// "a string", "a table", …
    std::string_view type_name() const;
};

/// One key of a table.
struct Entry {
    std::string key;
    Node node;
};

/// Deeper nesting is an error: the deepest parameter is a list of tables in a section.
inline constexpr int max_depth = 6;
/// A larger configuration is an error: it is written by people.
inline constexpr std::size_t max_document = 4u << 20;

/// Parses TOML 1.0. Error: invalid; text is the reason, detail the line as a number ("" when unknown).
Result<Node> parse_toml(std::string_view text);
/// Parses JSON. Errors: as parse_toml.
Result<Node> parse_json(std::string_view text);
/// One line, or indented by two. Keys keep their order; bytes that are not UTF-8 are replaced.
std::string write_json(const Node& node, bool indented = false);

}  // namespace posthouse::config
