// JSON from outside: parsed with bounds.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::auth {

inline constexpr std::size_t max_json = 64 * 1024;
inline constexpr int max_json_depth = 8;

/// A JSON object of at most max_json bytes and max_json_depth levels; nullopt: anything else.
std::optional<nlohmann::json> parse_json_object(std::string_view text);

/// A member that is a string; empty: there is none, or it is something else.
std::string text_of(const nlohmann::json& object, const std::string& member);

}  // namespace posthouse::auth
