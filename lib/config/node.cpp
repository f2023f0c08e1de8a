// The tree of a parsed document.
#include "lib/config/node.h"

#include <array>

namespace posthouse::config {

const Node* Node::find(std::string_view key) const {
    const Table* table = get<Table>();
    if (table == nullptr) return nullptr;
    for (const auto& [name, node] : *table) {
        if (name == key) return &node;
    }
    return nullptr;
}

std::string_view Node::type_name() const {
    static constexpr std::array<std::string_view, 7> names{
        "a value of another type", "true or false", "a number", "a fraction", "a string", "a list", "a table"};
    return names.at(value.index());
}

}  // namespace posthouse::config
