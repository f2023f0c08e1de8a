// What the table can tell: effective values as text or JSON, and the reference that docs/configuration.md holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/config/load.h"

namespace posthouse::config {

/// The values of those sections as a document: {section: {name: value}}.
Node to_node(const Config& config, const std::vector<std::string_view>& section_names);

/// A configuration file with every value, and where each came from as a comment:
/// `workers = 1  # default`.
std::string show_text(const Config& config, const Origins& origins);
/// {"smtpd": {"workers": {"value": 1, "origin": "default", "applies": "restart"}}}
std::string show_json(const Config& config, const Origins& origins);
/// What values a parameter takes, in Markdown: "1 to 64"; "`text`, `json`"; empty for any.
std::string limits_text(const Parameter& parameter);
/// What holds for all parameters, in Markdown.
std::string_view introduction();
/// docs/configuration.md, whole.
std::string reference();

}  // namespace posthouse::config
