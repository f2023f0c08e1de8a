// TOML documents through toml++; the only file that includes it.
#define TOML_EXCEPTIONS 0
// toml++ 3.3 asserts that a key begins with a key's character, and in release builds tells the compiler to assume so,
// though a malformed document ("[ =") gets there. Without the assertion it goes on to its own error.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include "lib/config/node.h"

namespace posthouse::config {
namespace {

Result<Node> convert(const toml::node& from, int depth) {
    Node to;
    to.line = from.source().begin.line;
    if (depth > max_depth) return fail(ErrorCode::invalid, "nested too deeply", std::to_string(to.line));
    if (const toml::table* table = from.as_table()) {
        Node::Table entries;
        for (const auto& [key, value] : *table) {
            Result<Node> entry = convert(value, depth + 1);
            if (!entry) return entry;
            // The key's own line, not where a table's closing or a value on a later line begins.
            if (key.source().begin.line != 0) entry->line = key.source().begin.line;
            entries.push_back({std::string(key.str()), std::move(*entry)});
        }
        to.value = std::move(entries);
    } else if (const toml::array* array = from.as_array()) {
        Node::List elements;
        for (const toml::node& value : *array) {
            Result<Node> element = convert(value, depth + 1);
            if (!element) return element;
            elements.push_back(std::move(*element));
        }
        to.value = std::move(elements);
    } else if (const auto* text = from.as_string()) {
        to.value = text->get();
    } else if (const auto* flag = from.as_boolean()) {
        to.value = flag->get();
    } else if (const auto* number = from.as_integer()) {
        to.value = number->get();
    } else if (const auto* fraction = from.as_floating_point()) {
        to.value = fraction->get();
    }
    return to;
}

}  // namespace

Result<Node> parse_toml(std::string_view text) {
    if (text.size() > max_document) return fail(ErrorCode::invalid, "larger than 4 MiB");
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        return fail(ErrorCode::invalid, std::string(error.description()), std::to_string(error.source().begin.line));
    }
    return convert(parsed.table(), 0);
}

}  // namespace posthouse::config
