// The steps from one version of the schema to the next.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace posthouse::auth {

/// Statements in the words of dialect.h. One that changes rows must do no harm when it runs twice.
using SchemaStep = std::vector<std::string_view>;

/// Step n makes version n + 1 of version n. A released step is never changed; a change is a new step.
std::span<const SchemaStep> schema_steps();

}  // namespace posthouse::auth
