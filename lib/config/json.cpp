// JSON documents through nlohmann-json; the only file of this library that includes it.
#include <nlohmann/json.hpp>

#include "lib/config/node.h"

namespace posthouse::config {
namespace {

using Json = nlohmann::ordered_json;

Result<Node> convert(const Json& from, int depth) {
    if (depth > max_depth) return fail(ErrorCode::invalid, "nested too deeply");
    Node to;
    if (from.is_object()) {
        Node::Table entries;
        for (const auto& [key, value] : from.items()) {
            Result<Node> entry = convert(value, depth + 1);
            if (!entry) return entry;
            entries.push_back({key, std::move(*entry)});
        }
        to.value = std::move(entries);
    } else if (from.is_array()) {
        Node::List elements;
        for (const Json& value : from) {
            Result<Node> element = convert(value, depth + 1);
            if (!element) return element;
            elements.push_back(std::move(*element));
        }
        to.value = std::move(elements);
    } else if (from.is_string()) {
        to.value = from.get<std::string>();
    } else if (from.is_boolean()) {
        to.value = from.get<bool>();
    } else if (from.is_number_integer()) {
        to.value = from.get<std::int64_t>();
    } else if (from.is_number_float()) {
        to.value = from.get<double>();
    }
    return to;
}

Json convert(const Node& from) {
    if (const auto* table = from.get<Node::Table>()) {
        Json object = Json::object();
        for (const auto& [key, node] : *table) object[key] = convert(node);
        return object;
    }
    if (const auto* list = from.get<Node::List>()) {
        Json array = Json::array();
        for (const Node& node : *list) array.push_back(convert(node));
        return array;
    }
    if (const auto* text = from.get<std::string>()) return *text;
    if (const auto* flag = from.get<bool>()) return *flag;
    if (const auto* number = from.get<std::int64_t>()) return *number;
    if (const auto* fraction = from.get<double>()) return *fraction;
    return nullptr;
}

}  // namespace

Result<Node> parse_json(std::string_view text) {
    // Depth is bounded before a tree is built: nlohmann's callback drops what is too deep.
    bool too_deep = false;
    const Json::parser_callback_t bound = [&too_deep](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > max_depth + 1;
        return depth <= max_depth + 1;
    };
    const Json parsed = Json::parse(text, bound, /*allow_exceptions=*/false);
    if (too_deep) return fail(ErrorCode::invalid, "nested too deeply");
    if (parsed.is_discarded()) return fail(ErrorCode::invalid, "not well-formed JSON");
    return convert(parsed, 0);
}

std::string write_json(const Node& node, bool indented) {
    return convert(node).dump(indented ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace posthouse::config
