// Checks the type and range of a value and puts it into the Config.
#include "lib/config/assign.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/config/address.h"
#include "lib/config/value.h"

namespace posthouse::config {
namespace {

/// Lists are written by people; a longer one is a mistake.
constexpr std::size_t max_list = 1000;

std::unexpected<Error> expected_type(std::string_view what, const Node& value) {
    return fail(ErrorCode::invalid, "must be " + std::string(what) + ", not " + std::string(value.type_name()));
}

std::string join(const std::vector<std::string_view>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += quote(words[i]);
    }
    return out;
}

Result<> check_word(const Parameter& parameter, const std::string& word) {
    const auto& words = parameter.limits.words;
    if (words.empty() || std::ranges::find(words, word) != words.end()) return {};
    return fail(ErrorCode::invalid, "must be " + join(words) + ", not " + quote(word));
}

Result<> check_range(const Parameter& parameter, std::int64_t value, const Member& shown) {
    if (value >= parameter.limits.minimum && value <= parameter.limits.maximum) return {};
    const auto format = [&](std::int64_t bound) {
        if (parameter.kind == Kind::duration) return format_duration(Duration(bound));
        if (parameter.kind == Kind::size) return format_size(static_cast<std::uint64_t>(bound));
        return std::to_string(bound);
    };
    return fail(ErrorCode::invalid, "must be " + format(parameter.limits.minimum) + " to " +
                                        format(parameter.limits.maximum) + ", not " + format_value(shown));
}

Result<> check_element(const Parameter& parameter, const std::string& element) {
    if (parameter.kind == Kind::addresses) {
        if (Result<Endpoint> endpoint = parse_endpoint(element); !endpoint)
            return fail(ErrorCode::invalid, quote(element) + ": " + endpoint.error().text);
        return {};
    }
    if (parameter.kind == Kind::networks) {
        if (Result<> network = check_network(element); !network)
            return fail(ErrorCode::invalid, quote(element) + ": " + network.error().text);
        return {};
    }
    return check_word(parameter, element);
}

/// A control character has no place in a value, and a NUL would cut a path short.
Result<> check_text(std::string_view text) {
    if (std::ranges::any_of(text, ascii::is_control))
        return fail(ErrorCode::invalid, "must not hold control characters");
    return {};
}

struct Assigner {
    const Parameter& parameter;
    const Node& value;

    Result<> operator()(std::string* target) const {
        const auto* text = value.get<std::string>();
        if (text == nullptr) return expected_type("a string", value);
        if (Result<> fine = check_text(*text); !fine) return fine;
        if (Result<> fine = check_word(parameter, *text); !fine) return fine;
        *target = *text;
        return {};
    }

    Result<> operator()(bool* target) const {
        const auto* flag = value.get<bool>();
        if (flag == nullptr) return expected_type("true or false", value);
        *target = *flag;
        return {};
    }

    Result<> operator()(std::int64_t* target) const {
        const auto* number = value.get<std::int64_t>();
        if (number == nullptr) return expected_type("a number", value);
        std::int64_t checked = *number;
        if (Result<> fine = check_range(parameter, checked, &checked); !fine) return fine;
        *target = checked;
        return {};
    }

    Result<> operator()(Duration* target) const {
        const auto* text = value.get<std::string>();
        if (text == nullptr) return expected_type("a duration such as \"30s\" or \"5m\"", value);
        std::optional<Duration> duration = parse_duration(*text);
        if (!duration)
            return fail(ErrorCode::invalid,
                        "must be a duration such as \"30s\" or \"5m\" (ms, s, m, h, d), not " + quote(*text));
        if (Result<> fine = check_range(parameter, duration->count(), &*duration); !fine) return fine;
        *target = *duration;
        return {};
    }

    Result<> operator()(std::uint64_t* target) const {
        std::optional<std::uint64_t> bytes;
        if (const auto* number = value.get<std::int64_t>(); number != nullptr && *number >= 0) {
            bytes = static_cast<std::uint64_t>(*number);
        } else if (const auto* text = value.get<std::string>()) {
            bytes = parse_size(*text);
            if (!bytes)
                return fail(ErrorCode::invalid, "must be a size such as \"50M\" (K, M, G, T), not " + quote(*text));
        } else {
            return expected_type("a size such as \"50M\"", value);
        }
        if (Result<> fine = check_range(parameter, static_cast<std::int64_t>(*bytes), &*bytes); !fine) return fine;
        *target = *bytes;
        return {};
    }

    Result<> operator()(std::vector<std::string>* target) const {
        const auto* list = value.get<Node::List>();
        if (list == nullptr) return expected_type("a list of strings", value);
        if (list->size() > max_list) return fail(ErrorCode::invalid, "must have at most 1000 elements");
        std::vector<std::string> strings;
        for (const Node& node : *list) {
            const auto* text = node.get<std::string>();
            if (text == nullptr)
                return fail(ErrorCode::invalid, "must hold strings only, not " + std::string(node.type_name()));
            if (Result<> fine = check_text(*text); !fine) return fine;
            if (Result<> fine = check_element(parameter, *text); !fine) return fine;
            strings.push_back(*text);
        }
        *target = std::move(strings);
        return {};
    }

    Result<> operator()(std::vector<CertificateFiles>* target) const {
        static constexpr std::string_view form = "must be a list of tables {certificate = \"…\", key = \"…\"}";
        const auto* list = value.get<Node::List>();
        if (list == nullptr || list->size() > max_list) return fail(ErrorCode::invalid, std::string(form));
        std::vector<CertificateFiles> certificates;
        for (const Node& node : *list) {
            const auto* table = node.get<Node::Table>();
            const Node* certificate = node.find("certificate");
            const Node* key = node.find("key");
            if (table == nullptr || table->size() != 2 || certificate == nullptr || key == nullptr)
                return fail(ErrorCode::invalid, std::string(form));
            const auto* certificate_path = certificate->get<std::string>();
            const auto* key_path = key->get<std::string>();
            if (certificate_path == nullptr || key_path == nullptr) return fail(ErrorCode::invalid, std::string(form));
            for (const std::string* path : {certificate_path, key_path}) {
                if (path->empty()) return fail(ErrorCode::invalid, std::string(form));
                if (Result<> fine = check_text(*path); !fine) return fine;
            }
            certificates.push_back({.certificate = *certificate_path, .key = *key_path});
        }
        *target = std::move(certificates);
        return {};
    }
};

Node strings_of(std::string_view text) {
    Node::List list;
    if (!ascii::trim(text).empty()) {
        for (const std::string_view part : ascii::split(text, ',')) {
            list.push_back(Node{.value = std::string(ascii::trim(part))});
        }
    }
    return Node{.value = std::move(list)};
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
    const bool negative = text.starts_with('-');
    const auto number = ascii::parse_number(text.substr(negative ? 1 : 0));
    if (!number || *number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    const auto value = static_cast<std::int64_t>(*number);
    return negative ? -value : value;
}

}  // namespace

Result<> assign(const Parameter& parameter, const Node& value, Config& config) {
    return std::visit(Assigner{parameter, value}, parameter.member(config));
}

Result<> assign_text(const Parameter& parameter, std::string_view text, Config& config) {
    Node value{.value = std::string(text)};
    switch (parameter.kind) {
        case Kind::boolean:
            if (text == "true" || text == "false") value.value = text == "true";
            break;
        case Kind::integer:
            if (const auto number = parse_signed(text)) value.value = *number;
            break;
        case Kind::list:
        case Kind::addresses:
        case Kind::networks: value = strings_of(text); break;
        case Kind::certificates: {
            Result<Node> document = parse_toml("value = " + std::string(text));
            const Node* parsed = document ? document->find("value") : nullptr;
            if (parsed != nullptr) value = *parsed;
            break;
        }
        default: break;
    }
    return assign(parameter, value, config);
}

}  // namespace posthouse::config
