// assign: gives one parameter a value from a document or from an environment variable, checking type and range.
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/config/node.h"
#include "lib/config/parameter.h"

namespace posthouse::config {

/// Errors: invalid; the text says what was expected: "must be 1 to 64, not 99".
Result<> assign(const Parameter& parameter, const Node& value, Config& config);
/// From text without quotes: "30s", "true", lists with commas between; a list of certificates as TOML or JSON writes
/// it.
Result<> assign_text(const Parameter& parameter, std::string_view text, Config& config);

}  // namespace posthouse::config
