// Did you mean …: the known name that is nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthouse::config {

/// `; did you mean "workers"?` when a candidate is near enough to be what was meant, else empty.
std::string nearest_hint(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace posthouse::config
