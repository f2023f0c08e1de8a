// Results: JSON for programs, a sentence for people.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// Writes a document; invalid UTF-8 in it is replaced.
void print_json(Context& context, const nlohmann::json& document);
/// The same with the keys in their order.
void print_ordered_json(Context& context, const nlohmann::ordered_json& document);
/// The end of a command that changed something: `sentence`, or `document` with --json.
Exit done(Context& context, const std::string& sentence, const nlohmann::json& document);
/// Seconds since 1970 as "2026-11-23 09:15" in UTC.
std::string format_time(std::int64_t seconds);

}  // namespace posthouse::cli
