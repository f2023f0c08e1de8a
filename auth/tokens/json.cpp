// JSON from outside.
#include "auth/tokens/json.h"

namespace posthouse::auth {

std::optional<nlohmann::json> parse_json_object(std::string_view text) {
    if (text.size() > max_json) return std::nullopt;
    bool too_deep = false;
    const auto within = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        too_deep = too_deep || depth > max_json_depth;
        return !too_deep;
    };
    nlohmann::json parsed = nlohmann::json::parse(text, within, false);
    if (too_deep || !parsed.is_object()) return std::nullopt;
    return parsed;
}

std::string text_of(const nlohmann::json& object, const std::string& member) {
    const auto found = object.find(member);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace posthouse::auth
